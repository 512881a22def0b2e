using System.Text.Json;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>Which later versions a subject takes.</summary>
public enum CompatibilityMode
{
    /// <summary>All.</summary>
    None,

    /// <summary>Those that break nobody who relies on the version before.</summary>
    Backward,

    /// <summary>Those that the version before would not break either, if it came back.</summary>
    Forward,

    /// <summary>Both.</summary>
    Full,
}

/// <summary>One version of a schema.</summary>
public sealed record SchemaVersion
{
    /// <summary>From 1, without gaps in time.</summary>
    public required int Number { get; init; }

    /// <summary>The canonical hash of the schema.</summary>
    public required string Hash { get; init; }

    /// <summary>The schema as JSON.</summary>
    public required string Schema { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Where it comes from: <c>template</c>, <c>probe</c> or <c>samples</c>.</summary>
    public required string Source { get; init; }
}

/// <summary>The versions of one subject.</summary>
public sealed record SchemaSubject
{
    /// <summary>For example <c>okta/users.get/output</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Which versions it takes.</summary>
    public CompatibilityMode Mode { get; init; } = CompatibilityMode.Backward;

    /// <summary>The versions that are kept, oldest first.</summary>
    public IReadOnlyList<SchemaVersion> Versions { get; init; } = [];
}

/// <summary>All that a registry keeps. Written as JSON with <see cref="Templates.TemplateJson"/>; add only.</summary>
public sealed record SchemaRegistryState
{
    /// <summary>The subjects, ordered by name.</summary>
    public IReadOnlyList<SchemaSubject> Subjects { get; init; } = [];
}

/// <summary>How a registration ended.</summary>
/// <param name="State">The registry afterwards.</param>
/// <param name="Version">The version with that content; null when it was refused.</param>
/// <param name="IsNew">Whether it is a new version.</param>
/// <param name="Changes">What is different from the version before.</param>
/// <param name="Refusal">Why it was refused; null when it was taken.</param>
public sealed record SchemaRegistration(SchemaRegistryState State, SchemaVersion? Version, bool IsNew, IReadOnlyList<SchemaChange> Changes, string? Refusal);

/// <summary>
/// Versions of schemas by subject. Pure: takes a state, gives a state, so that whoever owns it can keep it as it keeps everything else. Bounded: the oldest versions
/// go when a subject has more than ten, or all together more than half a mebibyte.
/// </summary>
public static class SchemaRegistry
{
    /// <summary>The most subjects.</summary>
    public const int MaxSubjects = 500;

    /// <summary>The most versions of a subject.</summary>
    public const int MaxVersions = 10;

    /// <summary>The most characters of one schema.</summary>
    public const int MaxSchema = 64 * 1024;

    /// <summary>The most characters of all schemas.</summary>
    public const int MaxTotal = 512 * 1024;

    /// <summary>A subject's name.</summary>
    public static string Subject(string template, string operation, SchemaUse use) => $"{template}/{operation}/{(use == SchemaUse.Output ? "output" : "input")}";

    /// <summary>Sets which versions a subject takes; it is made when it is not there.</summary>
    public static SchemaRegistryState WithMode(SchemaRegistryState state, string subject, CompatibilityMode mode)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Put(state, (Find(state, subject) ?? new SchemaSubject { Name = subject }) with { Mode = mode });
    }

    /// <summary>The subject; null when there is none.</summary>
    public static SchemaSubject? Find(SchemaRegistryState state, string subject)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Subjects.FirstOrDefault(entry => entry.Name == subject);
    }

    /// <summary>Registers a schema. Content that is the newest version already is that version.</summary>
    public static SchemaRegistration Register(SchemaRegistryState state, string subject, JsonElement schema, DateTimeOffset at, string source)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(subject);
        var text = CanonicalJson.Of(schema);
        if (text.Length > MaxSchema)
        {
            return new SchemaRegistration(state, null, false, [], $"the schema has more than {MaxSchema} characters.");
        }

        var entry = Find(state, subject);
        if (entry is null && state.Subjects.Count >= MaxSubjects)
        {
            return new SchemaRegistration(state, null, false, [], $"more than {MaxSubjects} subjects.");
        }

        entry ??= new SchemaSubject { Name = subject };
        var hash = CanonicalJson.Hash(schema);
        var newest = entry.Versions.Count > 0 ? entry.Versions[^1] : null;
        if (newest?.Hash == hash)
        {
            return new SchemaRegistration(state, newest, false, [], null);
        }

        var use = subject.EndsWith("/input", StringComparison.Ordinal) ? SchemaUse.Input : SchemaUse.Output;
        IReadOnlyList<SchemaChange> changes = [];
        if (newest is not null)
        {
            using var before = JsonDocument.Parse(newest.Schema);
            changes = SchemaDiff.Compare(before.RootElement, schema, use);
            if (Refusal(entry.Mode, changes, before.RootElement, schema, use) is { } refusal)
            {
                return new SchemaRegistration(state, null, false, changes, refusal);
            }
        }

        var version = new SchemaVersion { Number = (newest?.Number ?? 0) + 1, Hash = hash, Schema = text, At = at, Source = source };
        return new SchemaRegistration(Bounded(Put(state, entry with { Versions = [.. entry.Versions.TakeLast(MaxVersions - 1), version] })), version, true, changes, null);
    }

    private static string? Refusal(CompatibilityMode mode, IReadOnlyList<SchemaChange> changes, JsonElement before, JsonElement after, SchemaUse use)
    {
        if (mode is CompatibilityMode.Backward or CompatibilityMode.Full && changes.FirstOrDefault(change => change.IsBreaking) is { } forward)
        {
            return $"not compatible with the version before: {forward.Path} {forward.Message}";
        }

        return mode is CompatibilityMode.Forward or CompatibilityMode.Full && SchemaDiff.Compare(after, before, use).FirstOrDefault(change => change.IsBreaking) is { } back
            ? $"the version before is not compatible with it: {back.Path} {back.Message}"
            : null;
    }

    private static SchemaRegistryState Put(SchemaRegistryState state, SchemaSubject subject) =>
        state with { Subjects = [.. state.Subjects.Where(entry => entry.Name != subject.Name).Append(subject).OrderBy(entry => entry.Name, StringComparer.Ordinal)] };

    private static SchemaRegistryState Bounded(SchemaRegistryState state)
    {
        var total = state.Subjects.Sum(subject => subject.Versions.Sum(version => (long)version.Schema.Length));
        while (total > MaxTotal)
        {
            // Old versions go first; the newest of a subject is what drift is measured against, and goes last.
            var oldest = state.Subjects.Where(subject => subject.Versions.Count > 1).MinBy(subject => subject.Versions[0].At)
                ?? state.Subjects.Where(subject => subject.Versions.Count > 0).MinBy(subject => subject.Versions[0].At)!;
            total -= oldest.Versions[0].Schema.Length;
            state = Put(state, oldest with { Versions = [.. oldest.Versions.Skip(1)] });
        }

        return state;
    }
}
