using System.Collections.Frozen;
using Steward.Engines.Approvals.Calendars;

namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>The fields and calendars that the conditions of a rule set may name.</summary>
public sealed class FieldCatalog
{
    private static readonly FrozenDictionary<string, ConditionField> Known = new[]
    {
        Of("request_type", ConditionKind.Text, KnownField.RequestType),
        Of("action", ConditionKind.Text, KnownField.Action),
        Of("risk", ConditionKind.Risk, KnownField.Risk),
        Of("amount", ConditionKind.Number, KnownField.Amount),
        Of("currency", ConditionKind.Text, KnownField.Currency),
        Of("environment", ConditionKind.Text, KnownField.Environment),
        Of("in_run", ConditionKind.Boolean, KnownField.IsRun),
        Of("requester.id", ConditionKind.Text, KnownField.UserId),
        Of("requester.email", ConditionKind.Text, KnownField.Email),
        Of("requester.roles", ConditionKind.Texts, KnownField.Roles),
        Of("requester.department", ConditionKind.Text, KnownField.Department),
        Of("requester.title", ConditionKind.Text, KnownField.Title),
        Of("requester.groups", ConditionKind.Texts, KnownField.Groups),
        Of("requester.manager", ConditionKind.Text, KnownField.Manager),
        Of("time", ConditionKind.Moment, KnownField.Moment),
        Of("time.hour", ConditionKind.Number, KnownField.Hour),
        Of("time.weekday", ConditionKind.Weekday, KnownField.Weekday),
        Of("time.of_day", ConditionKind.Time, KnownField.TimeOfDay),
        Of("time.date", ConditionKind.Date, KnownField.Date),
    }.ToFrozenDictionary(field => field.Name, StringComparer.Ordinal);

    private readonly Dictionary<string, ConditionField> _declared = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CalendarDefinition> _calendars = new(StringComparer.Ordinal);

    /// <summary>The fields of every rule set, by name.</summary>
    public static IReadOnlyDictionary<string, ConditionKind> BuiltIn { get; } = Known.ToFrozenDictionary(field => field.Key, field => field.Value.Kind, StringComparer.Ordinal);

    // What whoever asks says of a request, until a rule set says where it stands in the arguments.
    private static readonly FrozenDictionary<string, ConditionKind> Mapped =
        new[] { "amount", "currency", "environment" }.ToFrozenDictionary(name => name, name => Known[name].Kind, StringComparer.Ordinal);

    /// <summary>Whether a name means something already and so cannot be declared.</summary>
    public static bool IsTaken(string name) => (Known.ContainsKey(name) && !Mapped.ContainsKey(name)) || name is "arguments" or "attributes" or "requester" || ConditionTokens.IsKeyword(name);

    /// <summary>The kind that a field of this name must have; null for any that can be declared.</summary>
    public static ConditionKind? KindOf(string name) => Mapped.TryGetValue(name, out var kind) ? kind : null;

    /// <summary>Declares a field, or says where <c>amount</c>, <c>currency</c> or <c>environment</c> stand: what whoever asks says of them does not count then.</summary>
    /// <param name="name">A name of small letters, digits and <c>_</c> that is not taken.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="from">Where its value is, for example <c>arguments.level</c>; of several the first at which there is one of that kind.</param>
    /// <param name="actions">What holds instead for requests of some actions; the first that is for the action counts alone.</param>
    /// <exception cref="ConditionException">A place or a value is malformed.</exception>
    /// <exception cref="ArgumentException">The name is taken or no name, or the kind is none that can be declared.</exception>
    public void Declare(string name, ConditionKind kind, IReadOnlyList<string> from, IReadOnlyList<FieldOfActions>? actions = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(from);
        if (!ConditionTokens.IsName(name) || IsTaken(name) || (KindOf(name) ?? kind) != kind || kind is ConditionKind.Any or ConditionKind.Moment or ConditionKind.Risk or ConditionKind.Weekday || (from.Count == 0 && actions is not { Count: > 0 }))
        {
            throw new ArgumentException("cannot be declared.", nameof(name));
        }

        _declared[name] = new ConditionField(name, kind, new PathSource([.. from.Select(ConditionParser.ParsePath)])
        {
            OfActions = [.. (actions ?? []).Select(action => new ActionSource(action.Pattern, [.. action.From.Select(ConditionParser.ParsePath)], action.Value is { } value ? Literal(kind, value) : null))],
        });
    }

    private static ConditionValue Literal(ConditionKind kind, string text) =>
        ConditionValue.Read(kind, text) is { IsKnown: true } value ? value : throw new ConditionException(1, 1, $"the value is no {kind.ToString().ToLowerInvariant()}.");

    /// <summary>Adds a calendar.</summary>
    public void Add(CalendarDefinition calendar)
    {
        ArgumentNullException.ThrowIfNull(calendar);
        _calendars[calendar.Name] = calendar;
    }

    internal CalendarDefinition? FindCalendar(string name) => _calendars.GetValueOrDefault(name);

    internal IEnumerable<string> CalendarNames => _calendars.Keys.Order(StringComparer.Ordinal);

    internal IEnumerable<string> Names => Known.Keys.Concat(_declared.Keys).Order(StringComparer.Ordinal);

    internal ConditionField? Find(string name) => _declared.GetValueOrDefault(name) ?? Known.GetValueOrDefault(name);

    private static ConditionField Of(string name, ConditionKind kind, KnownField field) => new(name, kind, new KnownSource(field));
}
