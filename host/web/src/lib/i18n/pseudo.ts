//! Languages that nobody speaks, which show what was forgotten.

const accents: Record<string, string> = {
  a: 'á', b: 'ƀ', c: 'ç', d: 'ð', e: 'é', f: 'ƒ', g: 'ğ', h: 'ĥ', i: 'í', j: 'ĵ', k: 'ķ', l: 'ļ', m: 'ɱ',
  n: 'ñ', o: 'ó', p: 'þ', q: 'ɋ', r: 'ŕ', s: 'š', t: 'ţ', u: 'ú', v: 'ṽ', w: 'ŵ', x: 'ẋ', y: 'ý', z: 'ž',
  A: 'Á', B: 'Ɓ', C: 'Ç', D: 'Ð', E: 'É', F: 'Ƒ', G: 'Ğ', H: 'Ĥ', I: 'Í', J: 'Ĵ', K: 'Ķ', L: 'Ļ', M: 'Ṁ',
  N: 'Ñ', O: 'Ó', P: 'Þ', Q: 'Ɋ', R: 'Ŕ', S: 'Š', T: 'Ţ', U: 'Ú', V: 'Ṽ', W: 'Ŵ', X: 'Ẋ', Y: 'Ý', Z: 'Ž',
};

/** Accented and a third longer, as many languages are. */
export function pseudo(text: string): string {
  const accented = [...text].map((sign) => accents[sign] ?? sign).join('');
  const letters = text.replace(/[^A-Za-z]/g, '').length;
  return accented + 'ẋ'.repeat(Math.ceil(letters / 3));
}

/** Shown from right to left: each text inside of an override. */
export function mirrored(text: string): string {
  return text.trim() === '' ? text : `\u202e${text}\u202c`;
}
