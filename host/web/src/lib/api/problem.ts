//! What the host answers when it refuses or fails (RFC 9457), and what the app says about it.

import { has, t } from '$lib/i18n/index.svelte';

export interface Violation {
  /** JSON Pointer (RFC 6901) to the value that is wrong. */
  path: string;
  code: string;
  severity: 'error' | 'warning';
  message: string;
}

export interface ProblemBody {
  code: string;
  status: number;
  title: string;
  detail: string;
  violations?: Violation[];
  'retry-after'?: number;
  [more: string]: unknown;
}

/** A refusal, a failure, or a host that cannot be reached (status 0). */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body.detail);
    this.name = 'Problem';
    this.code = body.code;
    this.status = body.status;
    this.body = body;
  }

  get violations(): Violation[] {
    return Array.isArray(this.body.violations) ? this.body.violations : [];
  }

  static unreachable(): Problem {
    return new Problem({ code: 'unreachable', status: 0, title: '', detail: 'the host cannot be reached' });
  }

  static async of(answer: Response): Promise<Problem> {
    try {
      const body = (await answer.json()) as ProblemBody;
      if (typeof body.code === 'string') return new Problem({ ...body, status: answer.status });
    } catch {
      // Not from the host, but from something on the way to it.
    }
    return new Problem({
      code: 'unexpected-answer',
      status: answer.status,
      title: answer.statusText,
      detail: `the answer has the status ${answer.status}`,
    });
  }
}

/** One sentence for the person: in their language where there is one, else the host's own. */
export function message(error: unknown): string {
  if (!(error instanceof Problem)) return t('problem-unknown');
  const key = `problem-${error.code}`;
  if (has(key)) {
    return t(key, {
      detail: error.body.detail,
      limit: Number(error.body.limit ?? 0),
      permission: String(error.body.permission ?? 'none'),
      seconds: Number(error.body['retry-after'] ?? 1),
    });
  }
  return error.body.detail ? sentence(error.body.detail) : t('problem-unknown');
}

export function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}

/** The violations by the top-level field that they are about; what is about no field stands under ''. */
export function byField(violations: Violation[]): Map<string, Violation[]> {
  const fields = new Map<string, Violation[]>();
  for (const violation of violations) {
    const name = pointer(violation.path)[0] ?? '';
    fields.set(name, [...(fields.get(name) ?? []), violation]);
  }
  return fields;
}

/** The parts of a JSON Pointer. */
export function pointer(path: string): string[] {
  if (path === '') return [];
  return path
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
