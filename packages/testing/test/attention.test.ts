import { attentionConformance } from '../src/index.ts';
import { attentionUnderTest } from './attention-under-test.ts';
import { conformance } from './engines-under-test.ts';

conformance('sparseAttention', (backend) => attentionConformance(backend, attentionUnderTest));
