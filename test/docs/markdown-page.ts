import {readFile} from 'node:fs/promises';

/** A row of a table: its cells as they are written. */
export type TableRow = readonly string[];

/** A page of docs/ as tests read it. */
export class MarkdownPage {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  static async read(name: string): Promise<MarkdownPage> {
    return new MarkdownPage(await readFile(new URL(`../../docs/${name}`, import.meta.url), 'utf8'));
  }

  /** From a heading of the second level to the next one. @throws where there is no such heading */
  section(heading: string): string {
    const [, section] = new RegExp(`^## ${heading}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(this.text) ?? [];
    if (section === undefined) throw new Error(`There is no section "${heading}".`);
    return section;
  }

  /** The rows of every table whose first column is headed so, without the heading. */
  table(firstColumn: string): readonly TableRow[] {
    const rows: TableRow[] = [];
    let inTable = false;
    for (const line of this.text.split('\n')) {
      const cells = cellsOf(line);
      if (!cells) inTable = false;
      else if (cells[0] === firstColumn) inTable = true;
      else if (inTable && !cells.every((cell) => /^-+$/.test(cell))) rows.push(cells);
    }
    return rows;
  }

  /** The contents of every fenced block of that language. */
  fenced(language: string): readonly string[] {
    const blocks = this.text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'));
    return [...blocks].map(([, block = '']) => block);
  }
}

function cellsOf(line: string): TableRow | undefined {
  if (!line.startsWith('|')) return undefined;
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** What a text has between backticks, fenced blocks apart. */
export function codeSpans(text: string): readonly string[] {
  const prose = text.replace(/^```[^]*?^```$/gm, '');
  return [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}
