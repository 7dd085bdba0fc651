//! What the host answers: out of its own description of itself. `npm run api` makes `schema.d.ts` of `docs/openapi.json`.

import type { components } from './schema';
import type { Violation } from './problem';

export type { Violation };

type Schemas = components['schemas'];

export interface Listing<T> {
  items: T[];
  next: string | null;
}

export type Permission = Schemas['Permission'];

export const PERMISSIONS: Permission[] = [
  'components:read', 'components:manage', 'executions:read', 'mappings:call',
  'workflows:start', 'workflows:read', 'workflows:manage',
  'collections:design', 'records:export', 'records:import', 'files:read', 'files:write',
  'people:read', 'people:manage', 'roles:manage', 'keys:manage',
  'audit:read', 'mail:read', 'settings:manage', 'tenant:archive',
];

// People

export type PersonState = Schemas['PersonState'];
export type Person = Schemas['Person'];
export type Me = Schemas['Me'];
export type Session = Schemas['ListedSession'];
export type FactorSetUp = Schemas['SetUp'];
export type Organisation = Schemas['Organisation'];
export type Department = Schemas['Department'];
export type Team = Schemas['Team'];
export type Reach = Schemas['Reach'];
export type RecordRule = Schemas['RecordRule'];
export type Role = Schemas['Role'];
export type ApiKey = Schemas['KeyInfo'];
export type IssuedKey = Schemas['IssuedKey'];
export type SignInPolicy = Schemas['SignInPolicy'];

// Work

/** The colours that a status can have; the description says only that it is a text. */
export type Color = 'gray' | 'blue' | 'green' | 'yellow' | 'orange' | 'red';
export type Leaning = Schemas['Leaning'];
export type Status = Omit<Schemas['RunStatus'], 'color'> & { color: Color };
export type Choice = Schemas['Choice'];
export type Signing = Schemas['Signing'];
export type Step = Schemas['WorkflowStep'];
export type WorkflowDefinition = Omit<Schemas['WorkflowDefinition'], 'statuses'> & { statuses: Status[] };
export type Workflow = Schemas['Workflow'];
export type Deployed = Schemas['Deployed'];
export type WorkflowVersion = Omit<Schemas['WorkflowVersion'], 'definition'> & { definition: WorkflowDefinition };
export type Drafted = Omit<Schemas['Drafted'], 'definition'> & { definition: WorkflowDefinition };
export type Binding = Schemas['Binding'];
export type Priority = Schemas['Priority'];
export type Holder = Schemas['Holder'];
export type Vote = Schemas['Cast'];
export type Task = Schemas['ShownTask'];
export type TaskCounts = Schemas['TaskCounts'];
export type RunState = Schemas['RunState'];
export type Run = Omit<Schemas['RunDetail'], 'status'> & { status: Status };
export type WorkflowEvent = Schemas['RunEvent'];
export type WorkflowAction = Schemas['WorkflowAction'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type Comment = Schemas['Comment'];
export type Notice = Schemas['Notice'];
export type Absence = Schemas['Absence'];
export type Figures = Schemas['WorkflowFigures'];
export type Took = Schemas['Took'];
export type RunAct = Schemas['RunAct'];
export type RunFilter = Partial<Schemas['RunFilter']>;

// Records

export type Collection = Schemas['Collection'];

/** A schema is any JSON Schema; this is what the app reads of it. */
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

/** A layout is any UI schema of JSON Forms; this is what the app reads of it. */
export interface LayoutElement {
  type: string;
  label?: string;
  text?: string;
  scope?: string;
  elements?: LayoutElement[];
  rule?: { effect: 'SHOW' | 'HIDE' | 'ENABLE' | 'DISABLE'; condition: { scope: string; schema: unknown } };
  options?: Record<string, unknown>;
}

export type Definition = Omit<Schemas['CollectionDefinitionInput'], 'schema' | 'layout'> & { schema: Schema; layout?: LayoutElement };
export type NumberedDefinition = Definition & Pick<Schemas['NumberedDefinition'], 'version'>;
export type RecordAbout = Schemas['RecordAbout'];
export type Body = Record<string, unknown>;
export type StoredRecord = Omit<Schemas['ListedRecord'], 'body'> & { body: Body };
export type DeletedRecord = Omit<Schemas['DeletedRecord'], 'body'> & { body: Body };
export type RecordPage = Omit<Schemas['RecordPage'], 'items' | 'next'> & Listing<StoredRecord>;
export type Condition = Schemas['FilterCondition'];
export type Op = Schemas['FilterOperator'];
export type RecordFilter = Schemas['RecordFilter'];
export type RecordQuery = Partial<Schemas['RecordQuery']>;
export type Written = Schemas['Written'];
export type RecordVersion = Omit<Schemas['RecordVersion'], 'changes'> & { changes?: { op: string; path: string; value?: unknown }[] };
export type Job = Omit<Schemas['NamedJob'], 'input' | 'result'> & { input: Record<string, unknown>; result: Record<string, unknown> | null };
export type JobProblem = Schemas['JobProblem'];

// Components

export type ComponentKind = Schemas['ComponentKind'];
export type Grants = Schemas['Grants'];
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

export type Deployment = Schemas['Deployment'];
export type DeploymentVersion = Schemas['DeploymentVersion'];
export type DeploymentDraft = Partial<Schemas['DeploymentDraft']> & Pick<Schemas['DeploymentDraft'], 'component' | 'grants'>;
export type Usage = Schemas['CallUsage'];
/** How a call ended is beside what it used: `end`, and `failure` when it failed. */
export type Execution = Schemas['Execution'];
export type CallFailure = Schemas['CallFailure'];

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

export type Mail = Schemas['MailEntry'];

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
