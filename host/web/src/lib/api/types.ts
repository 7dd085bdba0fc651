//! What the host answers, as far as the app reads it.

import type { Violation } from './problem';
export type { Violation };

export interface Listing<T> {
  items: T[];
  next: string | null;
}

export type Permission =
  | 'components:read' | 'components:manage' | 'executions:read' | 'mappings:call'
  | 'workflows:start' | 'workflows:read' | 'workflows:manage'
  | 'collections:design' | 'records:export' | 'records:import' | 'files:read' | 'files:write'
  | 'people:read' | 'people:manage' | 'roles:manage' | 'keys:manage'
  | 'audit:read' | 'mail:read' | 'settings:manage' | 'tenant:archive';

export const PERMISSIONS: Permission[] = [
  'components:read', 'components:manage', 'executions:read', 'mappings:call',
  'workflows:start', 'workflows:read', 'workflows:manage',
  'collections:design', 'records:export', 'records:import', 'files:read', 'files:write',
  'people:read', 'people:manage', 'roles:manage', 'keys:manage',
  'audit:read', 'mail:read', 'settings:manage', 'tenant:archive',
];

// People

export type PersonState = 'invited' | 'active' | 'deactivated';

export interface Person {
  id: string;
  mail: string;
  name: string;
  language: string;
  state: PersonState;
  'break-glass': boolean;
  'created-at': string;
  roles: string[];
  departments: string[];
  'last-sign-in': string | null;
  'second-factor': boolean;
}

export interface Me extends Person {
  permissions: Permission[];
  session: string;
  'owes-second-factor': boolean;
}

export interface Session {
  id: string;
  current: boolean;
  client: string;
  address?: string | null;
  'began-at'?: string;
  'seen-at'?: string;
  [more: string]: unknown;
}

export interface FactorSetUp {
  secret: string;
  url: string;
  [more: string]: unknown;
}

export interface Organisation {
  name: string | null;
  language: string;
}

export interface Department {
  id: string;
  name: string;
  parent: string | null;
  lead?: string;
  closed?: boolean;
}

export interface Team {
  id: string;
  name: string;
  lead: string | null;
  members: string[];
}

export type Reach = 'none' | 'own' | 'department' | 'all' | { where: { field: string; equals: unknown } };

export interface RecordRule {
  collection: string | null;
  see: Reach;
  create: boolean;
  change: Reach;
  delete: Reach;
  hidden: string[];
  fixed: string[];
}

export interface Role {
  name: string;
  title: string;
  permissions: Permission[];
  records: RecordRule[];
  system: boolean;
}

export interface ApiKey {
  id: string;
  name: string;
  owner: string | null;
  roles: string[];
  scopes: { permissions?: Permission[]; collections?: string[] };
  'created-at': string;
  'created-by': string | null;
  'expires-at': string | null;
  enabled: boolean;
  'requests-per-minute'?: number;
  'used-at'?: string | null;
}

export interface SignInPolicy {
  'password-length-min': number;
  'password-classes-min': number;
  'password-history': number;
  'password-days-max': number;
  'attempts-free': number;
  'attempts-alert': number;
  'alert-address': string | null;
  'second-factor-required': boolean;
  'session-idle-minutes': number;
  'session-hours-max': number;
  'invitation-days': number;
  'reset-minutes': number;
}

// Work

export type Color = 'gray' | 'blue' | 'green' | 'yellow' | 'orange' | 'red';
export type Leaning = 'positive' | 'neutral' | 'negative';

export interface Status {
  name: string;
  label: string;
  color: Color;
}

export interface Choice {
  id: string;
  label: string;
  leaning: Leaning;
}

export type Signing = 'any' | 'all' | { votes: number };

export interface Step {
  id: string;
  label: string;
  role: string;
  form: string | null;
  choices: Choice[];
  signing: Signing;
  turn: 'together' | 'in-order';
  'not-by': string[];
  due: { at: string } | { after: number } | { working: number } | null;
}

export interface WorkflowDefinition {
  name: string;
  label: string;
  'input-form': string | null;
  statuses: Status[];
  roles: { name: string; label: string }[];
  steps: Step[];
  transitions: { from: string; to: string; label: string }[];
  'service-levels': { id: string; label: string; target: number; 'counts-in': string[]; alerts: number[] }[];
  templates: string[];
  mappings: string[];
  children: string[];
  signals: string[];
}

export interface Workflow {
  name: string;
  label: string;
  published: number | null;
  newest: number;
  stopped: boolean;
}

export interface Deployed {
  deployment: string;
  version: number;
  component: string;
  kind: ComponentKind;
  grants: Grants;
  settings: string;
}

export interface WorkflowVersion {
  number: number;
  deployed: Deployed;
  definition: WorkflowDefinition;
  'published-at': string;
  'archived-at': string | null;
}

export interface Drafted {
  deployed: Deployed;
  definition: WorkflowDefinition;
  violations: Violation[];
}

export interface Binding {
  users: string[];
  roles: string[];
  teams: string[];
  departments: string[];
  rules: ('starter' | 'manager-of-starter' | 'department-of-starter')[];
}

export type Priority = 'low' | 'normal' | 'high' | 'urgent';
export type Holder = { user: string } | { role: string } | { team: string } | { department: string };

export interface Vote {
  by: string;
  seat: string;
  choice: string;
  data: string;
  at: string;
}

export interface Task {
  id: string;
  run: string;
  workflow: string;
  step: string;
  label: string;
  form: string | null;
  choices: Choice[];
  signing: Signing;
  turn: 'together' | 'in-order';
  priority: Priority;
  data: unknown;
  'opened-at': string;
  due: string | null;
  'is-late': boolean;
  state: 'open' | 'done' | 'closed';
  asked: Holder[];
  signers: string[];
  'claimed-by': string | null;
  votes: Vote[];
  end: { at: string; choice: string | null; by: string | null } | null;
  'can-act': boolean;
  'why-not'?: string;
}

export interface TaskCounts {
  open: number;
  mine: number;
  late: number;
  more: boolean;
}

export type RunState = 'running' | 'suspended' | 'incident' | 'completed' | 'failed' | 'cancelled';

export interface Run {
  id: string;
  workflow: string;
  version: number;
  key: string | null;
  state: RunState;
  status: Status;
  starter: string | null;
  parent: { run: string; id: string; depth: number } | null;
  'started-at': string;
  'changed-at': string;
  'ended-at': string | null;
  result: unknown;
  reason: string | null;
  incident: { code: string; detail: string; execution: string | null; at: string; retried: number } | null;
  cancelling: boolean;
  steps: number;
  tasks: Record<string, string>;
  timers: string[];
  effects: string[];
  children: Record<string, string>;
  memory?: unknown;
}

export type WorkflowEvent =
  | { started: { input: string; by: string | null; key: string | null; run: string } }
  | { 'task-done': { id: string; step: string; choice: string; data: string; by: string; votes: Vote[] } }
  | { 'task-due': { id: string; step: string } }
  | { timer: string }
  | { 'effect-done': { id: string; data: string } }
  | { 'effect-failed': { id: string; reason: string } }
  | { 'child-ended': { id: string; outcome: unknown } }
  | { signal: { name: string; data: string } }
  | { 'service-level': { id: string; percent: number } }
  | { cancel: string };

export type WorkflowAction =
  | { 'open-task': { id: string; step: string; due: unknown; priority: Priority; data: string } }
  | { 'close-task': string }
  | { 'set-timer': { id: string; at: unknown } }
  | { 'clear-timer': string }
  | { notify: { to: unknown[]; template: string; data: string } }
  | { 'run-mapping': { id: string; mapping: string; input: string } }
  | { 'start-child': { id: string; workflow: string; key: string | null; input: string } }
  | { 'cancel-child': string }
  | { 'send-signal': { workflow: string; key: string; name: string; data: string } }
  | { complete: string }
  | { fail: string };

export type HistoryEntry = { number: number; at: string; by: string | null } & (
  | { what: 'step'; event: WorkflowEvent; status: string; actions: WorkflowAction[]; execution: string; fuel: number }
  | { what: 'delayed'; code: string; detail: string; execution: string | null; 'again-at': string }
  | { what: 'incident'; event: WorkflowEvent | null; code: string; detail: string; execution: string | null }
  | { what: 'retried' | 'suspended' | 'resumed' }
  | { what: 'cancel-asked'; reason: string }
  | { what: 'ended'; state: RunState; code: string; detail: string }
  | { what: 'migrated'; from: number; to: number }
);

export interface Comment {
  at: string;
  by: string;
  text: string;
  mentions: string[];
}

export interface Notice {
  id: string;
  at: string;
  workflow: string;
  run: string;
  template: string;
  data: unknown;
  said?: { subject: string; text: string };
  read: boolean;
}

export interface Absence {
  from: string;
  until: string;
  deputy: string;
}

export interface Figures {
  began: number;
  incidents: number;
  running: number;
  ended: Partial<Record<RunState, number>>;
  at: Record<string, number>;
  took: Took;
  steps: Record<string, { opened: number; done: number; closed: number; open: number; took: Took }>;
}

export interface Took {
  'median-ms': number | null;
  'p95-ms': number | null;
}

export type RunAct = 'suspend' | 'resume' | 'retry' | { cancel: string } | { migrate: number };

export interface RunFilter {
  workflow?: string | undefined;
  state?: RunState | undefined;
  status?: string | undefined;
  key?: string | undefined;
  mine?: boolean | undefined;
  incident?: string | undefined;
}

// Records

export interface Collection {
  name: string;
  title: string;
  'created-at': string;
  published?: { version: number; digest: string; at: string };
}

export type Schema = Record<string, unknown> & {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  title?: string;
  description?: string;
  items?: Schema;
  enum?: unknown[];
  oneOf?: { const?: unknown; title?: string }[];
  'x-kind'?: string;
};

export interface LayoutElement {
  type: string;
  label?: string;
  text?: string;
  scope?: string;
  elements?: LayoutElement[];
  rule?: { effect: 'SHOW' | 'HIDE' | 'ENABLE' | 'DISABLE'; condition: { scope: string; schema: unknown } };
  options?: Record<string, unknown>;
}

export interface Definition {
  schema: Schema;
  layout?: LayoutElement;
  indexes?: { fields: string[]; unique?: boolean }[];
  search?: string[];
}

export interface NumberedDefinition extends Definition {
  version: number;
}

export interface RecordAbout {
  number: number;
  owner?: string;
  department?: string;
  'created-at': string;
  'created-by'?: string;
  'changed-at': string;
  'changed-by'?: string;
}

export type Body = Record<string, unknown>;

export interface StoredRecord {
  id: string;
  version: number;
  about: RecordAbout;
  body: Body;
}

export interface RecordPage extends Listing<StoredRecord> {
  count?: { count: number; exact: boolean };
}

export type Condition = { field: string; op: Op; value?: unknown };
export type Op = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'in' | 'starts' | 'empty';
export type RecordFilter = Condition | { all: RecordFilter[] } | { any: RecordFilter[] };

export interface RecordQuery {
  filter?: RecordFilter;
  sort?: { field?: string; backwards?: boolean };
  search?: string;
  after?: string;
  limit?: number;
  count?: boolean;
}

export interface Written {
  collection: string;
  id: string;
  version: number;
  created: boolean;
  warnings?: Violation[];
}

export interface RecordVersion {
  number: number;
  act: string;
  at: string;
  by?: string;
  via?: string;
  changes?: { op: string; path: string; value?: unknown; from?: string }[];
  [more: string]: unknown;
}

export interface Job {
  id: string;
  kind: string;
  by: string | null;
  input: Record<string, unknown>;
  state: 'waiting' | 'running' | 'paused' | 'undoing' | 'done' | 'failed' | 'cancelled' | 'undone';
  done: number;
  failed: number;
  total: number | null;
  problems: number;
  result: Record<string, unknown> | null;
  why: string | null;
  'started-at': string;
  'ended-at': string | null;
  'can-undo': boolean;
}

export interface JobProblem {
  row?: number;
  column?: string;
  reason: string;
}

// Components

export type ComponentKind = 'validation' | 'mapping' | 'workflow';

export interface Grants {
  storage?: Record<string, string | { access: string; as: string }>;
  files?: Record<string, string>;
  http?: string[];
}

export interface Component {
  digest: string;
  size: number;
  'uploaded-at': string;
  state: 'uploaded' | 'checking' | 'ready' | 'refused';
  kind?: ComponentKind;
  contract?: string;
  imports?: { name: string; capability: string | null }[];
  code?: string;
  detail?: string;
  violations?: Violation[];
  definition?: WorkflowDefinition;
}

export interface Deployment {
  name: string;
  kind: ComponentKind;
  active: number | null;
  newest: number;
  /** Versions that were active before, the last one last. */
  history: number[];
  validates: string[];
}

export interface DeploymentVersion extends Deployed {
  validates: string[];
  'on-failure'?: 'closed' | 'open';
  'created-at': string;
}

export interface DeploymentDraft {
  component: string;
  grants: Grants;
  settings?: Record<string, unknown>;
  validates?: string[];
  'on-failure'?: 'closed' | 'open';
  activate?: boolean;
}

export interface Usage {
  fuel: number;
  'memory-peak-bytes': number;
  'cpu-us': number;
  'wall-us': number;
  'bytes-in': number;
  'bytes-out': number;
  'host-calls': number;
}

export interface Execution {
  id: string;
  deployment: string;
  version: number;
  component: string;
  kind: ComponentKind;
  'started-at': string;
  end: 'done' | 'failed';
  reason?: string;
  message?: string;
  code?: string;
  detail?: string;
  usage: Usage;
  log: { level: 'debug' | 'info' | 'warn' | 'error'; message: string }[];
  'log-truncated': boolean;
  replay: { input: unknown; [more: string]: unknown };
  [more: string]: unknown;
}

// The tenant

export interface AuditEntry {
  number: number;
  hash: string;
  at: string;
  actor: { id: string | null; address?: string; key?: string; [more: string]: unknown };
  action: string;
  subject: string;
  outcome: 'done' | 'denied';
  before?: { value: unknown } | { digest: { digest: string; bytes: number } };
  after?: { value: unknown } | { digest: { digest: string; bytes: number } };
}

export interface Mail {
  id: string;
  to: string;
  'diverted-to'?: string;
  template: string;
  language: string;
  subject: string;
  text: string;
  status: 'queued' | 'sent' | 'diverted' | 'failed' | 'held';
  'queued-at': string;
  'ended-at'?: string;
  problem?: string;
}

// The platform

export interface Tenant {
  id: string;
  slug: string;
  tier: string;
  neutral?: boolean;
  'created-at': string;
  state: 'active' | 'read-only' | 'suspended' | 'deleted';
  reason?: string;
  'deleted-at'?: string;
  'destroyed-after'?: string;
}

export interface Health {
  panics: number;
  runtime: Record<string, number>;
  work: Record<string, number>;
}
