import type { Color, Tenant } from '$lib/api';

export const lifeColors: Record<Tenant['state'], Color> = { active: 'green', 'read-only': 'yellow', suspended: 'orange', deleted: 'red' };
