import { NativeSelect } from '@mantine/core';
import classes from './map-columns.module.css';
import look from './records.module.css';

export type ColumnMapping<Field extends string> = Partial<Record<Field, number>>;

interface MapColumnsProps<Field extends string> {
  /** Of the file, in its order, with what stands in its first rows. */
  columns: readonly { name: string; samples: readonly string[] }[];
  /** What a column may mean, in words. */
  fields: Readonly<Record<Field, string>>;
  /** Field → place of its column. */
  mapping: ColumnMapping<Field>;
  isDisabled?: boolean;
  onChange: (mapping: ColumnMapping<Field>) => void;
}

/** Which column means what, with sample values beside: a column has one meaning, a meaning one column. */
export function MapColumns<Field extends string>(props: MapColumnsProps<Field>) {
  const { columns, fields, mapping, isDisabled = false, onChange } = props;
  const names = Object.keys(fields) as Field[];
  const choices = [{ value: '', label: 'Leave out' }, ...names.map((value) => ({ value, label: fields[value] }))];
  const choose = (column: number, field: string) => {
    const others = names.filter((each) => each !== field && mapping[each] !== undefined && mapping[each] !== column);
    const next: ColumnMapping<Field> = {};
    for (const each of others) next[each] = mapping[each] as number;
    if (field !== '') next[field as Field] = column;
    onChange(next);
  };
  return (
    <table className={look.table} data-blocks>
      <thead>
        <tr>
          <th scope="col">Column of the file</th>
          <th scope="col">Its first values</th>
          <th scope="col">Means</th>
        </tr>
      </thead>
      <tbody>
        {columns.map((column, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the columns of a file are known by their place
          <tr key={index}>
            <td className={look.strong}>{column.name || `Column ${index + 1}`}</td>
            <td className={classes.samples}>{samplesOf(column.samples)}</td>
            <td className={classes.choice}>
              <NativeSelect
                size="xs"
                aria-label={`What ${column.name || `column ${index + 1}`} means`}
                data={choices}
                disabled={isDisabled}
                value={names.find((each) => mapping[each] === index) ?? ''}
                onChange={(event) => choose(index, event.currentTarget.value)}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Each value once: the same again says nothing. */
const samplesOf = (samples: readonly string[]): string =>
  [...new Set(samples.filter((sample) => sample !== ''))].slice(0, 3).join(' · ');
