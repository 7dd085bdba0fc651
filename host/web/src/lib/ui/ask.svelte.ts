//! A question before something that cannot be taken back.

export interface Question {
  title: string;
  text: string;
  /** What the button says: the deed, never “OK”. */
  confirm: string;
  danger?: boolean;
  /** A reason is asked for, under this label. */
  reason?: string;
}

interface Open extends Question {
  answer: (reason: string | null) => void;
}

export const asked = $state<{ open: Open | null }>({ open: null });

/** What was entered as a reason ('' without one), or null when the person went back. */
export function ask(question: Question): Promise<string | null> {
  return new Promise((resolve) => {
    asked.open = {
      ...question,
      answer: (reason) => {
        asked.open = null;
        resolve(reason);
      },
    };
  });
}
