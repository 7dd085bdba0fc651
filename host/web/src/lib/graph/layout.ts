//! Where the statuses of a workflow stand in its picture.

import dagre from '@dagrejs/dagre';
import type { Edge, Node } from '@xyflow/svelte';
import type { HistoryEntry, WorkflowDefinition } from '$lib/api';

export const NODE_WIDTH = 168;
export const NODE_HEIGHT = 52;

export interface StatusData extends Record<string, unknown> {
  label: string;
  color: string;
  /** Where a run begins. */
  first: boolean;
  /** Nothing leads on from it. */
  end: boolean;
  here: boolean;
  seen: boolean;
  badge: number | undefined;
  broken: boolean;
}

export interface Marks {
  /** Where the run stands. */
  here?: string | undefined;
  broken?: boolean;
  /** Where it has been. */
  history?: HistoryEntry[] | undefined;
  /** How many runs stand at each status. */
  counts?: Record<string, number> | undefined;
}

/** The statuses that a run has been in, and the ways that it took. */
export function passed(history: HistoryEntry[]): { statuses: Set<string>; ways: Set<string> } {
  const [statuses, ways] = [new Set<string>(), new Set<string>()];
  let before: string | undefined;
  for (const entry of history) {
    if (entry.what !== 'step') continue;
    statuses.add(entry.status);
    if (before !== undefined && before !== entry.status) ways.add(way(before, entry.status));
    before = entry.status;
  }
  return { statuses, ways };
}

export const way = (from: string, to: string) => `${from}→${to}`;

export function layOut(definition: WorkflowDefinition, marks: Marks, direction: 'LR' | 'TB'): { nodes: Node<StatusData>[]; edges: Edge[] } {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: direction, nodesep: 36, ranksep: direction === 'LR' ? 90 : 60, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const status of definition.statuses) graph.setNode(status.name, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const { from, to } of definition.transitions) graph.setEdge(from, to);
  dagre.layout(graph);
  const { statuses, ways } = passed(marks.history ?? []);
  const leading = new Set(definition.transitions.map((one) => one.from));
  const nodes = definition.statuses.map((status, index): Node<StatusData> => {
    const { x, y } = graph.node(status.name);
    return {
      id: status.name,
      type: 'status',
      position: { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 },
      data: {
        label: status.label,
        color: status.color,
        first: index === 0,
        end: !leading.has(status.name),
        here: marks.here === status.name,
        seen: statuses.has(status.name),
        badge: marks.counts?.[status.name],
        broken: marks.here === status.name && (marks.broken ?? false),
      },
      draggable: false,
      connectable: false,
      deletable: false,
      focusable: false,
    };
  });
  const edges = definition.transitions.map((one): Edge => {
    const taken = ways.has(way(one.from, one.to));
    return {
      id: way(one.from, one.to),
      source: one.from,
      target: one.to,
      type: 'smoothstep',
      // The picture of one run says how it went; the others could be taken by all of them.
      ...(taken || !marks.history ? { label: one.label } : {}),
      class: taken ? 'taken' : marks.history ? 'aside' : '',
      selectable: false,
      focusable: false,
      deletable: false,
    };
  });
  return { nodes, edges };
}
