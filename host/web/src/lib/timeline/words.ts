//! What happened to a run, in sentences.

import type { Color, HistoryEntry, Task, WorkflowAction, WorkflowDefinition, WorkflowEvent } from '$lib/api';
import { moment } from '$lib/i18n/format';
import { t, word } from '$lib/i18n/index.svelte';
import { whoIs } from '$lib/people.svelte';
import { choiceLabel, statusLabel, stepLabel } from '$lib/workflows.svelte';

export interface Told {
  text: string;
  /** What followed from it. */
  more: string[];
  color: Color;
}

/** How a run calls its steps: by its definition, or else by its tasks. */
export interface Names {
  definition: WorkflowDefinition | null | undefined;
  tasks: Task[];
}

function step(names: Names, id: string): string {
  return names.tasks.find((task) => task.step === id)?.label ?? stepLabel(names.definition, id);
}

function choice(names: Names, id: string, chosen: string): string {
  const known = names.tasks.find((task) => task.step === id)?.choices.find((one) => one.id === chosen)?.label;
  return known ?? choiceLabel(names.definition, id, chosen);
}

export function tell(entry: HistoryEntry, before: HistoryEntry | undefined, names: Names): Told {
  const who = whoIs(entry.by);
  switch (entry.what) {
    case 'step': {
      const status = before?.what === 'step' ? before.status : undefined;
      const moved = status !== undefined && status !== entry.status;
      const more = [
        ...(moved ? [t('history-moved', { status: statusLabel(names.definition, entry.status) })] : []),
        ...entry.actions.flatMap((action) => act(action, names)),
      ];
      return { text: heard(entry.event, entry.by, names), more, color: tone(entry) };
    }
    case 'delayed':
      return { text: t('history-delayed', { when: moment(entry['again-at']) }), more: [entry.detail], color: 'yellow' };
    case 'incident':
      return { text: t('history-incident'), more: [entry.detail], color: 'red' };
    case 'retried':
      return { text: t('history-retried', { who }), more: [], color: 'blue' };
    case 'suspended':
      return { text: t('history-suspended', { who }), more: [], color: 'gray' };
    case 'resumed':
      return { text: t('history-resumed', { who }), more: [], color: 'blue' };
    case 'cancel-asked':
      return { text: t('history-cancel-asked', { who }), more: [entry.reason], color: 'orange' };
    case 'ended':
      return { text: t('history-ended', { state: word('run-state', entry.state) }), more: [entry.detail], color: 'gray' };
    case 'migrated':
      return { text: t('history-migrated', { from: entry.from, to: entry.to }), more: [], color: 'gray' };
  }
}

function tone(entry: HistoryEntry & { what: 'step' }): Color {
  if (entry.actions.some((action) => 'fail' in action)) return 'red';
  if (entry.actions.some((action) => 'complete' in action)) return 'green';
  return 'effect-failed' in entry.event ? 'orange' : 'blue';
}

function heard(event: WorkflowEvent, by: string | null, names: Names): string {
  if ('started' in event) {
    return event.started.by ? t('history-started-by', { who: whoIs(event.started.by) }) : t('history-started');
  }
  if ('task-done' in event) {
    const done = event['task-done'];
    return t('history-task-done', { who: whoIs(done.by), choice: choice(names, done.step, done.choice), step: step(names, done.step) });
  }
  if ('task-due' in event) return t('history-task-due', { step: step(names, event['task-due'].step) });
  if ('timer' in event) return t('history-timer', { name: event.timer });
  if ('effect-done' in event) return t('history-effect-done', { name: event['effect-done'].id });
  if ('effect-failed' in event) return t('history-effect-failed', { name: event['effect-failed'].id });
  if ('child-ended' in event) return t('history-child-ended', { name: event['child-ended'].id });
  if ('signal' in event) return t('history-signal', { name: event.signal.name });
  if ('service-level' in event) {
    const { id, percent } = event['service-level'];
    const label = names.definition?.['service-levels'].find((level) => level.id === id)?.label ?? id;
    return t('history-service-level', { name: label, percent });
  }
  return t('history-cancel', { who: whoIs(by) });
}

function act(action: WorkflowAction, names: Names): string[] {
  if ('open-task' in action) return [t('history-opens', { step: step(names, action['open-task'].step) })];
  if ('notify' in action) return [t('history-notifies')];
  if ('run-mapping' in action) return [t('history-runs', { name: action['run-mapping'].mapping })];
  if ('start-child' in action) return [t('history-starts', { name: action['start-child'].workflow })];
  if ('complete' in action) return [t('history-completes')];
  if ('fail' in action) return [t('history-fails', { reason: action.fail })];
  return [];
}
