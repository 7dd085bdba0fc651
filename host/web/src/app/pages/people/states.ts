import type { Color, PersonState } from '$lib/api';

export const stateColor: Record<PersonState, Color> = { active: 'green', invited: 'yellow', deactivated: 'gray' };
