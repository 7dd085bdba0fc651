//! What workflows are called, and their definitions, as far as the reader may know them.

import { createQuery } from '$lib/query.svelte';
import { workflows, type Color, type RunState, type WorkflowDefinition } from '$lib/api';
import { words } from '$lib/form/model';
import { can } from './session.svelte';

const KEPT_MS = 60_000;

/** A version never changes: it is read once. */
export function useDefinition(of: () => { workflow: string; version: number } | undefined) {
  return createQuery(() => {
    const wanted = of();
    return {
      queryKey: ['workflows', 'version', wanted?.workflow, wanted?.version],
      queryFn: async () => (await workflows.version(wanted?.workflow ?? '', wanted?.version ?? 0))?.definition ?? null,
      enabled: wanted !== undefined && can('workflows:read'),
      staleTime: Infinity,
    };
  });
}

/** The label of a workflow by its name. */
export function useLabels(): (name: string) => string {
  const list = createQuery(() => ({
    queryKey: ['workflows', 'list'],
    queryFn: workflows.list,
    enabled: can('workflows:read'),
    staleTime: KEPT_MS,
  }));
  return (name) => list.data?.find((workflow) => workflow.name === name)?.label ?? words(name);
}

export function statusLabel(definition: WorkflowDefinition | null | undefined, name: string): string {
  return definition?.statuses.find((status) => status.name === name)?.label ?? words(name);
}

export function stepLabel(definition: WorkflowDefinition | null | undefined, id: string): string {
  return definition?.steps.find((step) => step.id === id)?.label ?? words(id);
}

export function choiceLabel(definition: WorkflowDefinition | null | undefined, step: string, choice: string): string {
  const choices = definition?.steps.find((one) => one.id === step)?.choices ?? [];
  return choices.find((one) => one.id === choice)?.label ?? words(choice);
}

export const stateColors: Record<RunState, Color> = {
  running: 'blue',
  suspended: 'gray',
  incident: 'red',
  completed: 'green',
  failed: 'red',
  cancelled: 'gray',
};
