//! Departments as a tree.

import type { Department } from '$lib/api';

export interface Branch {
  department: Department;
  depth: number;
}

/** Open departments, each behind the one above it, in the order of their names. */
export function branches(all: Department[]): Branch[] {
  const below = new Map<string | null, Department[]>();
  const ids = new Set(all.map((department) => department.id));
  for (const department of all) {
    if (department.closed) continue;
    const parent = department.parent !== null && ids.has(department.parent) ? department.parent : null;
    below.set(parent, [...(below.get(parent) ?? []), department]);
  }
  const walk = (parent: string | null, depth: number): Branch[] =>
    (below.get(parent) ?? [])
      .sort((one, other) => one.name.localeCompare(other.name))
      .flatMap((department) => [{ department, depth }, ...walk(department.id, depth + 1)]);
  return walk(null, 0);
}

/** A department and all below it: it cannot be put below one of them. */
export function under(all: Department[], id: string): Set<string> {
  const found = new Set([id]);
  for (const { department } of branches(all)) {
    if (department.parent && found.has(department.parent)) found.add(department.id);
  }
  return found;
}
