using Steward.Engines.Connectors.Mapping;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>
/// How a few new answers differ from those that were learnt from. Only differences that chance does not explain: a field that was there in half of the answers and is in none of ten
/// is gone with a certainty of more than 99.9 %.
/// </summary>
internal static class SampleDrift
{
    private const int Few = 3;

    // One in this number is often enough to be no accident.
    private const int Part = 5;

    /// <summary>The differences, ordered by path.</summary>
    /// <param name="before">What was learnt.</param>
    /// <param name="now">The new answers.</param>
    /// <param name="enough">The answers that are needed on both sides.</param>
    public static IReadOnlyList<SchemaChange> Compare(SampleState before, SampleState now, int enough = ResponseSampler.Enough)
    {
        if (before.Samples < ResponseSampler.Enough || now.Samples < enough)
        {
            return [];
        }

        var seen = now.Fields.ToDictionary(field => field.Path, StringComparer.Ordinal);
        var known = before.Fields.ToDictionary(field => field.Path, StringComparer.Ordinal);
        var changes = before.Fields.Select(field => Changed(field, seen.GetValueOrDefault(field.Path), ResponseSampler.ParentsIn(now, field.Path), enough)).OfType<SchemaChange>();
        var added = before.IsCut ? [] : now.Fields
            .Where(field => !known.ContainsKey(field.Path) && !ResponseSampler.IsItem(field.Path) && field.Seen * Part >= field.Parents && now.Samples >= ResponseSampler.Enough
                && known.TryGetValue(ResponseSampler.ParentOf(field.Path), out var around) && around.Types.HasFlag(ValueTypes.Structure))
            .Select(field => new SchemaChange(field.Path, SchemaChangeKind.OptionalAdded, false, $"is new and was there {field.Seen} times."));
        return [.. changes.Concat(added).OrderBy(change => change.Path, StringComparer.Ordinal)];
    }

    private static SchemaChange? Changed(SampledField before, SampledField? now, int objects, int enough)
    {
        var (present, isItem) = (now?.Seen ?? 0, ResponseSampler.IsItem(before.Path));
        if (!isItem && objects >= enough && present == 0 && before.Seen * 2 >= before.Parents)
        {
            return new SchemaChange(before.Path, SchemaChangeKind.Removed, true, $"was there and is in none of {objects} objects.");
        }

        if (now is null)
        {
            return null;
        }

        if (!isItem && before.Seen == before.Parents && before.Parents >= ResponseSampler.Enough && objects - present >= Math.Min(Few, enough) && (objects - present) * Part >= objects)
        {
            return new SchemaChange(before.Path, SchemaChangeKind.BecameOptional, true, $"was always there and is missing in {objects - present} of {objects} objects.");
        }

        var more = now.Types & ~before.Types;
        if (before.Types != ValueTypes.None && more != 0)
        {
            return (now.Types & before.Types) == 0
                ? new SchemaChange(before.Path, SchemaChangeKind.TypeChanged, true, $"was {before.Types}, is {now.Types}.")
                : new SchemaChange(before.Path, SchemaChangeKind.TypeWidened, true, $"was {before.Types}, is {more} too.");
        }

        return before.Nulls == 0 && before.Seen >= ResponseSampler.Enough && now.Nulls >= Math.Min(Few, enough) && now.Nulls * Part >= now.Seen
            ? new SchemaChange(before.Path, SchemaChangeKind.TypeWidened, true, $"was never null and is null {now.Nulls} times in {now.Seen}.")
            : null;
    }
}
