//! The one table of pages: sidebar, breadcrumbs, palette and permissions are made of it.

import type { Component } from 'svelte';
import Activity from '@lucide/svelte/icons/activity';
import Bell from '@lucide/svelte/icons/bell';
import Building2 from '@lucide/svelte/icons/building-2';
import CircleUser from '@lucide/svelte/icons/circle-user';
import House from '@lucide/svelte/icons/house';
import Inbox from '@lucide/svelte/icons/inbox';
import Play from '@lucide/svelte/icons/play';
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
  /** Two keys, one after the other. */
  keys?: string;
  load: () => Promise<{ default: Component<{ params: Record<string, string> }> | Component }>;
}

export const groups: Group[] = ['work', 'operate', 'build', 'people', 'settings'];

export const pages: Page[] = [
  { path: '/', title: 'page-home', icon: House, group: 'work', keys: 'g h', load: () => import('./pages/Home.svelte') },
  { path: '/tasks', title: 'page-tasks', icon: Inbox, group: 'work', keys: 'g t', load: () => import('./pages/Tasks.svelte') },
  { path: '/tasks/:task', title: 'page-task', parent: '/tasks', load: () => import('./pages/Tasks.svelte') },
  { path: '/start', title: 'page-start', icon: Play, group: 'work', needs: ['workflows:start', 'workflows:read'], keys: 'g s', load: () => import('./pages/Start.svelte') },
  { path: '/start/:workflow', title: 'page-start-one', parent: '/start', needs: ['workflows:start', 'workflows:read'], load: () => import('./pages/StartOne.svelte') },
  { path: '/requests', title: 'page-requests', icon: Activity, group: 'work', keys: 'g r', load: () => import('./pages/Requests.svelte') },
  { path: '/requests/:run', title: 'page-request', parent: '/requests', load: () => import('./pages/Request.svelte') },
  { path: '/notifications', title: 'page-notifications', icon: Bell, load: () => import('./pages/Notifications.svelte') },
  { path: '/profile', title: 'page-profile', icon: CircleUser, load: () => import('./pages/Profile.svelte') },
];

export const organisationIcon = Building2;

/** The pages that somebody may open. */
export function open(can: (permission: Permission) => boolean, all: Page[] = pages): Page[] {
  return all.filter((page) => (page.needs ?? []).every(can));
}

/** From the page itself up to the one in the sidebar. */
export function way(page: Page, all: Page[] = pages): Page[] {
  const above = all.find((other) => other.path === page.parent);
  return above ? [...way(above, all), page] : [page];
}
