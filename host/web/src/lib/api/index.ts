//! The host's API by nouns. Pages ask here and know no addresses.

import * as http from './client';
import { path } from './client';
import type * as T from './types';

export * from './types';
export { Problem, byField, message, pointer, sentence } from './problem';

type Page = { after?: string; before?: string; limit?: number };

/** All parts of a list that is known to be short. */
export async function all<I>(part: (after: string | undefined) => Promise<T.Listing<I>>, most = 20): Promise<I[]> {
  const items: I[] = [];
  let after: string | undefined;
  for (let parts = 0; parts < most; parts += 1) {
    const found = await part(after);
    items.push(...found.items);
    if (!found.next) break;
    after = found.next;
  }
  return items;
}

export const entry = {
  signIn: (mail: string, password: string, code?: string) =>
    http.post<{ person: string }>('/v1/sign-in', code ? { mail, password, code } : { mail, password }),
  signOut: () => http.post<void>('/v1/sign-out'),
};

export const me = {
  get: () => http.get<T.Me>('/v1/me'),
  change: (change: { name?: string; language?: string }) => http.patch<T.Person>('/v1/me', change),
  changePassword: (old: string, next: string) => http.post<void>('/v1/password/change', { old, new: next }),
  sessions: () => http.get<T.Listing<T.Session>>('/v1/sessions'),
  endSession: (id: string) => http.remove(path`/v1/sessions/${id}`),
  endOtherSessions: () => http.remove('/v1/sessions'),
  beginFactor: (password: string) => http.post<T.FactorSetUp>('/v1/me/second-factor', { password }),
  confirmFactor: (code: string) => http.post<{ 'recovery-codes': string[] }>('/v1/me/second-factor/confirm', { code }),
  removeFactor: (password: string, code: string) => http.post<void>('/v1/me/second-factor/remove', { password, code }),
  absence: () => http.get<T.Absence>('/v1/me/absence'),
  setAbsence: (absence: T.Absence) => http.put<T.Absence>('/v1/me/absence', absence),
  endAbsence: () => http.remove('/v1/me/absence'),
};

export const organisation = {
  get: () => http.ask<T.Organisation>('GET', '/v1/organisation'),
  set: (wanted: T.Organisation, tag: string | null) => http.put<T.Organisation>('/v1/organisation', wanted, tag),
};

export const people = {
  list: (query: { search?: string | undefined; state?: string | undefined } & Page = {}) =>
    http.get<T.Listing<T.Person>>('/v1/people', query),
  get: (id: string) => http.ask<T.Person>('GET', path`/v1/people/${id}`),
  change: (id: string, change: Partial<Pick<T.Person, 'mail' | 'name' | 'language' | 'roles' | 'departments' | 'break-glass'>>, tag?: string | null) =>
    http.patch<T.Person>(path`/v1/people/${id}`, change, tag),
  deactivate: (id: string, to?: string) =>
    http.post<T.Person & { 'hand-over'?: string }>(path`/v1/people/${id}/deactivate`, to ? { 'hand-over-to': to } : {}),
  reactivate: (id: string) => http.send('POST', path`/v1/people/${id}/reactivate`),
  clearFactor: (id: string) => http.send('POST', path`/v1/people/${id}/clear-second-factor`),
  invite: (invite: { mail: string; name?: string; language?: string; roles: string[]; departments: string[] }, once: string) =>
    http.post<T.Person>('/v1/invitations', invite, once),
  inviteAgain: (id: string) => http.send('POST', path`/v1/invitations/${id}/again`),
  withdraw: (id: string) => http.remove(path`/v1/invitations/${id}`),
};

export const policy = {
  get: () => http.ask<T.SignInPolicy>('GET', '/v1/sign-in-policy'),
  set: (wanted: T.SignInPolicy, tag: string | null) => http.put<T.SignInPolicy>('/v1/sign-in-policy', wanted, tag),
};

export const roles = {
  list: () => http.get<T.Listing<T.Role>>('/v1/roles'),
  put: (name: string, role: Pick<T.Role, 'title' | 'permissions' | 'records'>) => http.put<T.Role>(path`/v1/roles/${name}`, role),
  remove: (name: string) => http.remove(path`/v1/roles/${name}`),
};

export const departments = {
  list: async () => (await http.get<T.Listing<T.Department>>('/v1/departments')).items,
  create: (draft: { name: string; parent?: string | null; lead?: string | null }) => http.post<T.Department>('/v1/departments', draft, http.onceKey()),
  put: (id: string, draft: { name: string; parent?: string | null; lead?: string | null }) => http.put<T.Department>(path`/v1/departments/${id}`, draft),
  remove: (id: string, moveTo?: string) => http.remove(path`/v1/departments/${id}`, { 'move-to': moveTo }),
  people: (id: string) => http.get<T.Listing<T.Person>>(path`/v1/departments/${id}/people`, { limit: 200 }),
};

export const teams = {
  list: () => all((after) => http.get<T.Listing<T.Team>>('/v1/teams', { after, limit: 500 })),
  create: (draft: Omit<T.Team, 'id'>) => http.post<T.Team>('/v1/teams', draft, http.onceKey()),
  put: (id: string, draft: Omit<T.Team, 'id'>) => http.put<T.Team>(path`/v1/teams/${id}`, draft),
  remove: (id: string) => http.remove(path`/v1/teams/${id}`),
};

export const keys = {
  list: () => http.get<T.Listing<T.ApiKey>>('/v1/keys'),
  issue: (draft: { name: string; roles: string[]; personal: boolean; 'expires-in-days'?: number }) =>
    http.post<T.ApiKey & { secret: string | null }>('/v1/keys', draft, http.onceKey()),
  change: (id: string, change: { name?: string; enabled?: boolean }) => http.patch<T.ApiKey>(path`/v1/keys/${id}`, change),
  revoke: (id: string) => http.remove(path`/v1/keys/${id}`),
};

export const tasks = {
  list: (query: { holder?: string; workflow?: string; priority?: string; 'due-before'?: string } & Page = {}) =>
    http.get<T.Listing<T.Task>>('/v1/tasks', query),
  counts: () => http.get<T.TaskCounts>('/v1/tasks/counts'),
  get: (id: string) => http.get<T.Task>(path`/v1/tasks/${id}`),
  complete: (id: string, choice: string, data: unknown, once: string) =>
    http.post<T.Task>(path`/v1/tasks/${id}/complete`, { choice, data }, once),
  claim: (id: string) => http.post<T.Task>(path`/v1/tasks/${id}/claim`),
  release: (id: string) => http.post<T.Task>(path`/v1/tasks/${id}/release`),
  delegate: (id: string, person: string) => http.post<T.Task>(path`/v1/tasks/${id}/delegate`, { person }),
  addSigner: (id: string, person: string) => http.post<T.Task>(path`/v1/tasks/${id}/signers`, { person }),
};

export const runs = {
  list: (query: T.RunFilter & Page = {}) => http.get<T.Listing<T.Run>>('/v1/runs', { ...query }),
  get: (id: string) => http.get<T.Run>(path`/v1/runs/${id}`),
  history: (id: string) => all((after) => http.get<T.Listing<T.HistoryEntry>>(path`/v1/runs/${id}/history`, { after, limit: 200 }), 10),
  tasks: (id: string) => http.get<T.Listing<T.Task>>(path`/v1/runs/${id}/tasks`, { limit: 200 }),
  comments: (id: string) => all((after) => http.get<T.Listing<T.Comment>>(path`/v1/runs/${id}/comments`, { after, limit: 100 }), 10),
  comment: (id: string, text: string, mentions: string[], once: string) =>
    http.post<T.Comment>(path`/v1/runs/${id}/comments`, { text, mentions }, once),
  suspend: (id: string) => http.post<T.Run>(path`/v1/runs/${id}/suspend`),
  resume: (id: string) => http.post<T.Run>(path`/v1/runs/${id}/resume`),
  retry: (id: string) => http.post<T.Run>(path`/v1/runs/${id}/retry`),
  cancel: (id: string, reason: string) => http.post<T.Run>(path`/v1/runs/${id}/cancel`, { reason }),
  migrate: (id: string, version: number) => http.post<T.Run>(path`/v1/runs/${id}/migrate`, { version }),
  preview: (act: T.RunAct, filter: T.RunFilter) =>
    http.post<{ runs: number; more: boolean; first: string[] }>('/v1/runs/bulk?dry-run=true', { act, filter }),
  bulk: (act: T.RunAct, filter: T.RunFilter, once: string) => http.post<T.Job>('/v1/runs/bulk', { act, filter }, once),
};

export const workflows = {
  list: () => all((after) => http.get<T.Listing<T.Workflow>>('/v1/workflows', { after, limit: 200 })),
  get: (name: string) => http.get<T.Workflow>(path`/v1/workflows/${name}`),
  stop: (name: string, stopped: boolean) => http.patch<T.Workflow>(path`/v1/workflows/${name}`, { stopped }),
  versions: (name: string) =>
    all((after) => http.get<T.Listing<T.WorkflowVersion>>(path`/v1/workflows/${name}/versions`, { after, limit: 100 })),
  /** One version: the list begins behind the number before. */
  version: async (name: string, number: number): Promise<T.WorkflowVersion | undefined> => {
    const after = number > 1 ? String(number - 1).padStart(8, '0') : undefined;
    const found = await http.get<T.Listing<T.WorkflowVersion>>(path`/v1/workflows/${name}/versions`, { after, limit: 1 });
    return found.items[0];
  },
  draft: (name: string) => http.get<T.Drafted>(path`/v1/workflows/${name}/draft`),
  saveDraft: (name: string, version?: number) =>
    http.put<T.Drafted>(path`/v1/workflows/${name}/draft`, version ? { 'deployment-version': version } : {}),
  publish: (name: string) => http.post<T.Workflow>(path`/v1/workflows/${name}/publish`),
  archive: (name: string) => http.post<T.Workflow>(path`/v1/workflows/${name}/archive`),
  binding: (name: string, role: string) => http.get<T.Binding>(path`/v1/workflows/${name}/roles/${role}`),
  bind: (name: string, role: string, binding: T.Binding) => http.put<T.Binding>(path`/v1/workflows/${name}/roles/${role}`, binding),
  figures: (name: string) => http.get<T.Figures>(path`/v1/workflows/${name}/figures`),
  start: (name: string, input: unknown, key: string | null, once: string) =>
    http.post<{ run: string; created: boolean }>(path`/v1/workflows/${name}/runs`, key ? { key, input } : { input }, once),
};

export const notices = {
  list: (query: Page = {}) => http.get<T.Listing<T.Notice>>('/v1/notifications', query),
  read: (ids: string[]) => http.post<void>('/v1/notifications/read', { ids }),
  settings: () => http.get<{ mail: boolean }>('/v1/notification-settings'),
  set: (settings: { mail: boolean }) => http.put<{ mail: boolean }>('/v1/notification-settings', settings),
};

export const collections = {
  list: () => all((after) => http.get<T.Listing<T.Collection>>('/v1/collections', { after, limit: 500 })),
  get: (name: string) => http.get<T.Collection>(path`/v1/collections/${name}`),
  put: (name: string, title: string) => http.put<T.Collection>(path`/v1/collections/${name}`, { title }),
  remove: (name: string) => http.remove(path`/v1/collections/${name}`),
  definition: (name: string, version?: number) =>
    http.get<T.NumberedDefinition>(path`/v1/collections/${name}/definition`, { version }),
  draft: (name: string) => http.ask<T.Definition>('GET', path`/v1/collections/${name}/draft`),
  save: (name: string, definition: T.Definition, tag: string | null) =>
    http.ask<{ violations: T.Violation[] }>('PUT', path`/v1/collections/${name}/draft`, { body: definition, match: tag }),
  discard: (name: string) => http.remove(path`/v1/collections/${name}/draft`),
  preview: (name: string) => http.get<Record<string, unknown>>(path`/v1/collections/${name}/preview`),
  publish: (name: string) => http.send('POST', path`/v1/collections/${name}/publish`),
};

export const records = {
  query: (collection: string, query: T.RecordQuery, signal?: AbortSignal) =>
    http
      .ask<T.RecordPage>('POST', path`/v1/collections/${collection}/query`, { body: query, signal })
      .then((answered) => answered.body),
  get: (collection: string, id: string) => http.ask<T.Body>('GET', path`/v1/collections/${collection}/records/${id}`),
  create: (collection: string, body: T.Body, once: string) =>
    http.post<T.Written>(path`/v1/collections/${collection}/records`, body, once),
  put: (collection: string, id: string, body: T.Body, version?: number) =>
    http.put<T.Written>(path`/v1/collections/${collection}/records/${id}`, body, version ? `"${version}"` : null),
  patch: (collection: string, id: string, change: T.Body, version: number) =>
    http
      .ask<T.Written>('PATCH', path`/v1/collections/${collection}/records/${id}`, {
        body: change,
        type: 'application/merge-patch+json',
        match: `"${version}"`,
      })
      .then((answered) => answered.body),
  remove: (collection: string, id: string) => http.remove(path`/v1/collections/${collection}/records/${id}`),
  versions: (collection: string, id: string) =>
    http.get<T.Listing<T.RecordVersion>>(path`/v1/collections/${collection}/records/${id}/versions`, { limit: 100 }),
  restore: (collection: string, id: string) => http.send('POST', path`/v1/collections/${collection}/records/${id}/restore`),
  bin: (collection: string) => http.get<T.Listing<T.StoredRecord & { 'deleted-at': string }>>(path`/v1/collections/${collection}/bin`),
  import: (collection: string, file: Blob, type: string, dryRun: boolean, key?: string) =>
    http
      .ask<T.Job>('POST', path`/v1/collections/${collection}/import`, { query: { 'dry-run': dryRun, key }, body: file, type, once: http.onceKey() })
      .then((answered) => answered.body),
  exportAddress: (collection: string, format: string) =>
    http.address(path`/v1/collections/${collection}/export`, { format }),
  templateAddress: (collection: string, format: string) =>
    http.address(path`/v1/collections/${collection}/import-template`, { format }),
  putFile: (collection: string, id: string, name: string, file: Blob) =>
    http.send('PUT', path`/v1/collections/${collection}/records/${id}/files/` + encodeURIComponent(name), { body: file, type: file.type || 'application/octet-stream' }),
  fileAddress: (collection: string, id: string, file: string) =>
    path`/v1/collections/${collection}/records/${id}/files/` + file.split('/').map(encodeURIComponent).join('/'),
};

export const jobs = {
  list: (query: Page = {}) => http.get<T.Listing<T.Job>>('/v1/jobs', query),
  get: (id: string) => http.get<T.Job>(path`/v1/jobs/${id}`),
  problems: (id: string) => http.get<T.Listing<T.JobProblem>>(path`/v1/jobs/${id}/problems`, { limit: 200 }),
  mendAddress: (id: string) => path`/v1/jobs/${id}/mend`,
  decide: (id: string, decision: 'pause' | 'resume' | 'cancel' | 'undo') => http.send('POST', path`/v1/jobs/${id}/` + decision),
};

export const components = {
  list: () => all((after) => http.get<T.Listing<T.Component>>('/v1/components', { after, limit: 500 })),
  get: (digest: string) => http.get<T.Component>(path`/v1/components/${digest}`),
  upload: (file: Blob) =>
    http.ask<T.Component>('POST', '/v1/components', { body: file, type: 'application/wasm' }).then((answered) => answered.body),
  remove: (digest: string) => http.remove(path`/v1/components/${digest}`),
};

export const deployments = {
  list: () => all((after) => http.get<T.Listing<T.Deployment>>('/v1/deployments', { after, limit: 500 })),
  get: (name: string) => http.get<T.Deployment>(path`/v1/deployments/${name}`),
  versions: (name: string) =>
    all((after) => http.get<T.Listing<T.DeploymentVersion>>(path`/v1/deployments/${name}/versions`, { after, limit: 500 })),
  deploy: (name: string, draft: T.DeploymentDraft, once: string) =>
    http.post<T.DeploymentVersion & { active: boolean }>(path`/v1/deployments/${name}/versions`, draft, once),
  activate: (name: string, version: number | null) => http.post<T.Deployment>(path`/v1/deployments/${name}/activate`, { version }, http.onceKey()),
  rollBack: (name: string) => http.send('POST', path`/v1/deployments/${name}/rollback`),
  remove: (name: string) => http.remove(path`/v1/deployments/${name}`),
};

export const executions = {
  list: (query: { deployment?: string } & Page = {}) => http.get<T.Listing<T.Execution>>('/v1/executions', query),
  get: (id: string) => http.get<T.Execution>(path`/v1/executions/${id}`),
};

export const audit = {
  list: (query: http.Query = {}) => http.get<T.Listing<T.AuditEntry>>('/v1/audit', query),
  exportAddress: (query: http.Query) => http.address('/v1/audit/export', query),
  verify: () => http.get<{ number: number; hash: string }>('/v1/audit/verify'),
};

export const mails = {
  list: (query: { status?: string } & Page = {}) => http.get<T.Listing<T.Mail>>('/v1/mails', query),
  settings: () => http.ask<{ 'divert-to'?: string | null }>('GET', '/v1/mail-settings'),
};

export const archives = {
  start: () => http.post<T.Job>('/v1/archives', {}, http.onceKey()),
  address: (job: string) => path`/v1/archives/${job}`,
};

export const platform = {
  health: () => http.get<T.Health>('/v1/health'),
  tenants: () => all((after) => http.get<T.Listing<T.Tenant>>('/v1/tenants', { after, limit: 500 })),
  tenant: (slug: string) => http.ask<T.Tenant>('GET', path`/v1/tenants/${slug}`),
  create: (draft: Record<string, unknown>, once: string) => http.post<T.Tenant>('/v1/tenants', draft, once),
  change: (slug: string, change: Record<string, unknown>) => http.patch<T.Tenant>(path`/v1/tenants/${slug}`, change),
  remove: (slug: string, reason: string) => http.remove(path`/v1/tenants/${slug}`, { reason }),
  restore: (slug: string) => http.send('POST', path`/v1/tenants/${slug}/restore`),
  copy: (slug: string, to: string) => http.post<T.Tenant>(path`/v1/tenants/${slug}/clone`, { slug: to }, http.onceKey()),
  templates: () => http.get<T.Listing<string>>('/v1/templates'),
  audit: (query: http.Query = {}) => http.get<T.Listing<T.AuditEntry>>('/v1/platform/audit', query),
};
