import { z } from 'zod';

/** Who or what is named in events, where names of persons never stand: a role or an id. */
export const idInput = z.string().regex(/^[\w./@:-]{1,64}$/, 'must be an id of letters and digits, without spaces');
