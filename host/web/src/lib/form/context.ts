//! What the parts of a form share.

import { createContext } from 'svelte';
import type { Body } from '$lib/api';
import type { Violation } from '$lib/api/problem';
import type { Field } from './model';

export interface FormContext {
  readonly fields: Map<string, Field>;
  readonly data: Body;
  readonly violations: Violation[];
  readonly readonly: boolean;
  readonly record: { collection: string; id: string } | undefined;
  change: (name: string, value: unknown) => void;
}

export const [theForm, useForm] = createContext<FormContext>();
