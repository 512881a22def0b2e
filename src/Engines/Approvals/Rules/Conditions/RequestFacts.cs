using System.Text.Json;
using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>What conditions see of one request. Asks the directory at most once for each thing, and only when a condition needs it. For one evaluation at a time.</summary>
/// <param name="request">The request.</param>
/// <param name="directory">Who works here.</param>
/// <param name="timeZone">The zone in which hours, weekdays and dates are meant.</param>
public sealed class RequestFacts(ApprovalRequest request, IDirectory directory, TimeZoneInfo timeZone)
{
    private const int MaxTexts = 10_000;

    private readonly Dictionary<KnownField, ConditionValue> _asked = [];
    private (bool IsKnown, Person? Person) _person;

    /// <summary>The moment at which the request was made.</summary>
    public DateTimeOffset At => request.RequestedAt;

    internal ValueTask<ConditionValue> ReadAsync(ConditionField field, ConditionKind wanted, CancellationToken cancellationToken) => field.Source switch
    {
        KnownSource known when known.NeedsDirectory => AskAsync(known.Field, cancellationToken),
        KnownSource known => new(Read(known.Field)),
        PathSource path => new(Read(path, field.Kind == ConditionKind.Any ? wanted : field.Kind, isDeclared: field.Kind != ConditionKind.Any)),
        _ => new(ConditionValue.Unknown),
    };

    /// <summary>Whether anything stands there, of whatever kind.</summary>
    internal async ValueTask<bool> IsKnownAsync(ConditionField field, CancellationToken cancellationToken) =>
        field is { Kind: ConditionKind.Any, Source: PathSource source }
            ? source.For(request).Paths.Any(path => path.Find(request) is not null)
            : (await ReadAsync(field, field.Kind, cancellationToken)).IsKnown;

    private static ConditionValue OfMail(string? email) => ConditionValue.OfText(string.IsNullOrWhiteSpace(email) ? null : email);

    private ConditionValue Read(KnownField field)
    {
        switch (field)
        {
            case KnownField.RequestType:
                return ConditionValue.OfText(request.Type);
            case KnownField.Action:
                return ConditionValue.OfText(request.Action);
            case KnownField.Risk:
                return ConditionValue.OfRisk(request.Risk);
            case KnownField.Amount:
                return request.Amount is { } amount ? ConditionValue.OfNumber(amount) : ConditionValue.Unknown;
            case KnownField.Currency:
                return ConditionValue.OfText(request.Currency);
            case KnownField.Environment:
                return ConditionValue.OfText(request.Environment);
            case KnownField.IsRun:
                return ConditionValue.OfBoolean(request.RunId is not null);
            case KnownField.UserId:
                return ConditionValue.OfText(request.Requester.UserId);
            case KnownField.Email:
                return OfMail(request.Requester.Email);
            case KnownField.Roles:
                return ConditionValue.OfTexts(request.Requester.Roles);
            case KnownField.Moment:
                return ConditionValue.Of(ConditionKind.Moment, At.UtcTicks);
            default:
                var local = TimeZoneInfo.ConvertTime(At, timeZone);
                return field switch
                {
                    KnownField.Hour => ConditionValue.OfNumber(local.Hour),
                    KnownField.Weekday => ConditionValue.OfWeekday(local.DayOfWeek),
                    KnownField.TimeOfDay => ConditionValue.OfTime(local.TimeOfDay),
                    KnownField.Date => ConditionValue.OfDate(DateOnly.FromDateTime(local.DateTime)),
                    _ => ConditionValue.Unknown,
                };
        }
    }

    private async ValueTask<ConditionValue> AskAsync(KnownField field, CancellationToken cancellationToken)
    {
        if (_asked.TryGetValue(field, out var known))
        {
            return known;
        }

        var value = request.Requester.Email is { Length: > 0 } email ? await AskAsync(field, email, cancellationToken) : ConditionValue.Unknown;
        _asked[field] = value;
        return value;
    }

    private async ValueTask<ConditionValue> AskAsync(KnownField field, string email, CancellationToken cancellationToken)
    {
        if (!_person.IsKnown)
        {
            _person = (true, await directory.FindAsync(email, cancellationToken));
        }

        if (_person.Person is not { } person)
        {
            return ConditionValue.Unknown;
        }

        return field switch
        {
            KnownField.Department => ConditionValue.OfText(person.Department),
            KnownField.Title => ConditionValue.OfText(person.Title),
            KnownField.Groups => await directory.FindGroupsOfAsync(email, cancellationToken) is { Count: <= MaxTexts } groups ? ConditionValue.OfTexts(groups) : ConditionValue.Unknown,
            KnownField.Manager => OfMail((await directory.FindManagerAsync(email, cancellationToken))?.Email),
            _ => ConditionValue.Unknown,
        };
    }

    private ConditionValue Read(PathSource source, ConditionKind kind, bool isDeclared)
    {
        var (paths, fixedValue) = source.For(request);
        if (fixedValue is { } always)
        {
            return always;
        }

        foreach (var path in paths)
        {
            try
            {
                if (path.Find(request) is { } element && Convert(element, kind, isDeclared) is { IsKnown: true } value)
                {
                    return value;
                }
            }
            catch (InvalidOperationException)
            {
                // A text with half of a surrogate pair is JSON, but no text.
            }
        }

        return ConditionValue.Unknown;
    }

    private static ConditionValue Convert(JsonElement element, ConditionKind kind, bool isDeclared)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                return kind is ConditionKind.Boolean or ConditionKind.Any ? ConditionValue.OfBoolean(element.ValueKind == JsonValueKind.True) : ConditionValue.Unknown;
            case JsonValueKind.Number:
                return kind is ConditionKind.Number or ConditionKind.Any ? ConditionValue.OfNumber(Number(element)) : ConditionValue.Unknown;
            case JsonValueKind.String:
                // Only a field whose kind somebody declared takes '5' for 5: between a literal and whatever stands there nothing is converted but what JSON has no form for.
                return kind is ConditionKind.Any ? ConditionValue.OfText(element.GetString())
                    : kind is ConditionKind.Number or ConditionKind.Boolean && !isDeclared ? ConditionValue.Unknown
                    : ConditionValue.Read(kind, element.GetString()!);
            case JsonValueKind.Array when kind is ConditionKind.Texts:
                return element.GetArrayLength() <= MaxTexts && element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String && item.GetString()!.Length <= ConditionValue.MaxTextLength)
                    ? ConditionValue.OfTexts([.. element.EnumerateArray().Select(item => item.GetString()!)])
                    : ConditionValue.Unknown;
            default:
                return ConditionValue.Unknown;
        }
    }

    // Of a number that no decimal can hold only its sign counts.
    private static decimal Number(JsonElement element) =>
        element.TryGetDecimal(out var number) ? number : element.GetRawText().StartsWith('-') ? decimal.MinValue : decimal.MaxValue;
}
