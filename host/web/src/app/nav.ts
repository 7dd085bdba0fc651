//! The one table of pages: sidebar, breadcrumbs, palette and permissions are made of it.

import type { Component } from 'svelte';
import Activity from '@lucide/svelte/icons/activity';
import Bell from '@lucide/svelte/icons/bell';
import Blocks from '@lucide/svelte/icons/blocks';
import CircleAlert from '@lucide/svelte/icons/circle-alert';
import CircleUser from '@lucide/svelte/icons/circle-user';
import Database from '@lucide/svelte/icons/database';
import FilePen from '@lucide/svelte/icons/file-pen-line';
import House from '@lucide/svelte/icons/house';
import Inbox from '@lucide/svelte/icons/inbox';
import KeyRound from '@lucide/svelte/icons/key-round';
import ListChecks from '@lucide/svelte/icons/list-checks';
import LockKeyhole from '@lucide/svelte/icons/lock-keyhole';
import Mail from '@lucide/svelte/icons/mail';
import Network from '@lucide/svelte/icons/network';
import Play from '@lucide/svelte/icons/play';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Settings from '@lucide/svelte/icons/settings';
import Shield from '@lucide/svelte/icons/shield';
import Users from '@lucide/svelte/icons/users';
import UsersRound from '@lucide/svelte/icons/users-round';
import Waypoints from '@lucide/svelte/icons/waypoints';
import Workflow from '@lucide/svelte/icons/workflow';
import type { Permission } from '$lib/api';
import type { Texts } from '$lib/i18n/index.svelte';

export type Group = 'work' | 'operate' | 'build' | 'people' | 'settings';

export interface Page {
  path: string;
  /** Key of its title. */
  title: string;
  icon?: Component;
  /** Where it stands in the sidebar; without it, it is reached from its parent. */
  group?: Group;
  /** The page above, by its path. */
  parent?: string;
  /** All of these are needed. */
  needs?: Permission[];
  texts?: Texts;
  /** It is the same page whatever its address says: a list beside its detail. */
  stays?: boolean;
  /** Two keys, one after the other. */
  keys?: string;
  load: () => Promise<{ default: Component<{ params: Record<string, string> }> | Component }>;
}

export const groups: Group[] = ['work', 'operate', 'build', 'people', 'settings'];

const tasks = () => import('./pages/Tasks.svelte');

export const pages: Page[] = [
  { path: '/', title: 'page-home', icon: House, group: 'work', keys: 'g h', load: () => import('./pages/Home.svelte') },
  { path: '/tasks', title: 'page-tasks', icon: Inbox, group: 'work', keys: 'g t', stays: true, load: tasks },
  { path: '/tasks/:task', title: 'page-task', parent: '/tasks', stays: true, load: tasks },
  { path: '/start', title: 'page-start', icon: Play, group: 'work', needs: ['workflows:start', 'workflows:read'], keys: 'g s', load: () => import('./pages/Start.svelte') },
  { path: '/start/:workflow', title: 'page-start-one', parent: '/start', needs: ['workflows:start', 'workflows:read'], load: () => import('./pages/StartOne.svelte') },
  { path: '/requests', title: 'page-requests', icon: Activity, group: 'work', keys: 'g r', load: () => import('./pages/Requests.svelte') },
  { path: '/requests/:run', title: 'page-request', parent: '/requests', load: () => import('./pages/Request.svelte') },
  { path: '/notifications', title: 'page-notifications', icon: Bell, load: () => import('./pages/Notifications.svelte') },
  { path: '/records', title: 'page-records', icon: Database, group: 'work', texts: 'admin', keys: 'g d', load: () => import('./pages/records/Collections.svelte') },
  { path: '/records/:collection', title: 'page-collection', parent: '/records', texts: 'admin', load: () => import('./pages/records/Records.svelte') },
  { path: '/runs', title: 'page-runs', icon: Waypoints, group: 'operate', needs: ['workflows:read'], texts: 'admin', load: () => import('./pages/operate/Runs.svelte') },
  { path: '/runs/:run', title: 'page-run', parent: '/runs', needs: ['workflows:read'], texts: 'admin', load: () => import('./pages/operate/Run.svelte') },
  { path: '/incidents', title: 'page-incidents', icon: CircleAlert, group: 'operate', needs: ['workflows:read'], texts: 'admin', load: () => import('./pages/operate/Incidents.svelte') },
  { path: '/jobs', title: 'page-jobs', icon: ListChecks, group: 'operate', texts: 'admin', load: () => import('./pages/settings/Jobs.svelte'), needs: ['records:import'] },
  { path: '/workflows', title: 'page-workflows', icon: Workflow, group: 'build', needs: ['workflows:read'], texts: 'admin', load: () => import('./pages/build/Workflows.svelte') },
  { path: '/workflows/:workflow', title: 'page-workflow', parent: '/workflows', needs: ['workflows:read'], texts: 'admin', load: () => import('./pages/build/Workflow.svelte') },
  { path: '/components', title: 'page-components', icon: Blocks, group: 'build', needs: ['components:read'], texts: 'admin', load: () => import('./pages/build/Components.svelte') },
  { path: '/components/:deployment', title: 'page-component', parent: '/components', needs: ['components:read'], texts: 'admin', load: () => import('./pages/build/ComponentPage.svelte') },
  { path: '/executions/:execution', title: 'page-execution', parent: '/components', needs: ['executions:read'], texts: 'admin', load: () => import('./pages/build/Execution.svelte') },
  { path: '/forms', title: 'page-forms', icon: FilePen, group: 'build', needs: ['collections:design'], texts: 'admin', load: () => import('./pages/build/Forms.svelte') },
  { path: '/forms/:collection', title: 'page-form', parent: '/forms', needs: ['collections:design'], texts: 'admin', load: () => import('./pages/build/Designer.svelte') },
  { path: '/people', title: 'page-people', icon: Users, group: 'people', needs: ['people:read'], texts: 'admin', load: () => import('./pages/people/People.svelte') },
  { path: '/people/:person', title: 'page-person', parent: '/people', needs: ['people:read'], texts: 'admin', load: () => import('./pages/people/Person.svelte') },
  { path: '/departments', title: 'page-departments', icon: Network, group: 'people', needs: ['people:read'], texts: 'admin', load: () => import('./pages/people/Departments.svelte') },
  { path: '/teams', title: 'page-teams', icon: UsersRound, group: 'people', needs: ['people:read'], texts: 'admin', load: () => import('./pages/people/Teams.svelte') },
  { path: '/roles', title: 'page-roles', icon: Shield, group: 'people', needs: ['people:read'], texts: 'admin', load: () => import('./pages/people/Roles.svelte') },
  { path: '/keys', title: 'page-keys', icon: KeyRound, group: 'people', needs: ['keys:manage', 'people:read'], texts: 'admin', load: () => import('./pages/people/Keys.svelte') },
  { path: '/sign-in-policy', title: 'page-policy', icon: LockKeyhole, group: 'people', needs: ['settings:manage'], texts: 'admin', load: () => import('./pages/people/Policy.svelte') },
  { path: '/organisation', title: 'page-organisation', icon: Settings, group: 'settings', needs: ['settings:manage'], texts: 'admin', load: () => import('./pages/settings/Organisation.svelte') },
  { path: '/mails', title: 'page-mails', icon: Mail, group: 'settings', needs: ['mail:read'], texts: 'admin', load: () => import('./pages/settings/Mails.svelte') },
  { path: '/audit', title: 'page-audit', icon: ScrollText, group: 'settings', needs: ['audit:read'], texts: 'admin', load: () => import('./pages/settings/Audit.svelte') },
  { path: '/profile', title: 'page-profile', icon: CircleUser, load: () => import('./pages/Profile.svelte') },
];

/** The pages that somebody may open. */
export function open(can: (permission: Permission) => boolean, all: Page[] = pages): Page[] {
  return all.filter((page) => (page.needs ?? []).every(can));
}

/** From the page itself up to the one in the sidebar. */
export function way(page: Page, all: Page[] = pages): Page[] {
  const above = all.find((other) => other.path === page.parent);
  return above ? [...way(above, all), page] : [page];
}
