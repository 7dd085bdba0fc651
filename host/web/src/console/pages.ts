//! The console's own table of pages.

import type { Component } from 'svelte';
import Building2 from '@lucide/svelte/icons/building-2';
import HeartPulse from '@lucide/svelte/icons/heart-pulse';
import ScrollText from '@lucide/svelte/icons/scroll-text';

export interface ConsolePage {
  path: string;
  title: string;
  icon?: Component;
  load: () => Promise<{ default: Component<{ params: Record<string, string> }> | Component }>;
}

export const consolePages: ConsolePage[] = [
  { path: '/', title: 'console-tenants', icon: Building2, load: () => import('./Tenants.svelte') },
  { path: '/tenants/:slug', title: 'console-tenant', load: () => import('./Tenant.svelte') },
  { path: '/health', title: 'console-health', icon: HeartPulse, load: () => import('./Health.svelte') },
  { path: '/audit', title: 'console-audit', icon: ScrollText, load: () => import('./PlatformAudit.svelte') },
];
