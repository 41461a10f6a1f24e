import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';

export default ts.config(
  { ignores: ['node_modules', 'shots', '.build', 'src/api/schema.d.ts'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    rules: {
      'svelte/no-at-html-tags': 'error', // outside text never becomes HTML; Markdown.svelte is the one place
      'svelte/no-useless-mustaches': 'off', // they keep a blank that the formatter would lose
      'svelte/no-navigation-without-resolve': 'off', // that is SvelteKit's
      'no-restricted-syntax': [
        'error',
        { selector: "MemberExpression[property.name='innerHTML']", message: 'outside text never becomes HTML' },
        {
          selector: "SvelteAttribute[key.name='style']",
          message: 'the policy of the server refuses inline styles: use style:property or a class',
        },
      ],
    },
  },
);
