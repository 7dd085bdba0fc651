import '../styles/index.css';
import '$lib/ui/controls.css';
import { mount } from 'svelte';
import App from './App.svelte';

const target = document.getElementById('app');
const isConsole = location.hostname.startsWith('console.');
if (target && isConsole) void import('$console/Console.svelte').then(({ default: Console }) => mount(Console, { target }));
else if (target) mount(App, { target });
