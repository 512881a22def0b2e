using System.Text.RegularExpressions;
using Steward.Engines.Approvals.People;
using Steward.Errors;

namespace Steward.Approvals;

/// <summary>Whether a delegation may be added.</summary>
internal static partial class DelegationCheck
{
    private const int MaxMailLength = 254;
    private const int MaxTypes = 20;

    /// <summary>The delegation in its normal form.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> or <c>limit_reached</c>.</exception>
    public static DelegationView Accept(DelegationView delegation, IReadOnlyList<DelegationView> existing, DateTimeOffset now)
    {
        if (!Id().IsMatch(delegation.DelegationId ?? ""))
        {
            throw StewardException.Invalid("delegationId", "must be 1 to 64 of a-z, 0-9 and '-'.");
        }

        var accepted = delegation with
        {
            From = Mail(delegation.From, "from"),
            To = Mail(delegation.To, "to"),
            Begins = delegation.Begins.ToUniversalTime().ToMilliseconds(),
            Ends = delegation.Ends.ToUniversalTime().ToMilliseconds(),
            Types = [.. (delegation.Types ?? []).Distinct(StringComparer.Ordinal)],

            // Whose addresses they are is for the platform to say.
            FromUserId = null,
            ToUserId = null,
        };
        if (accepted.From == accepted.To)
        {
            throw StewardException.Invalid("to", "must be somebody else.");
        }

        if (accepted.Ends <= accepted.Begins || accepted.Ends <= now || accepted.Ends - accepted.Begins > DelegationRules.Longest)
        {
            throw StewardException.Invalid("ends", $"must be in the future, after 'begins' and within {DelegationRules.Longest.Days} days of it.");
        }

        if (accepted.Types.Count > MaxTypes || accepted.Types.Any(type => type is null || !Type().IsMatch(type)))
        {
            throw StewardException.Invalid("types", $"must be at most {MaxTypes} of 1 to 64 of a-z, 0-9, '_', '-' and '.'.");
        }

        var others = existing.Where(other => other.DelegationId != accepted.DelegationId && other.Ends > now).ToList();
        if (others.Count >= DelegationRules.MaxPerTenant || others.Count(other => other.From == accepted.From) >= DelegationRules.MaxPerPerson)
        {
            throw new StewardException(ErrorCodes.LimitReached, $"There may be {DelegationRules.MaxPerPerson} delegations by one person and {DelegationRules.MaxPerTenant} in the tenant; end some first.");
        }

        return DelegationRules.FindLoop(others.Select(other => other.ToDelegation()), accepted.ToDelegation()) is { } loop
            ? throw StewardException.Invalid("to", $"makes a loop: {string.Join(" → ", loop)}.")
            : accepted;
    }

    private static string Mail(string? mail, string field)
    {
        var normal = mail?.Trim().ToLowerInvariant() ?? "";
        return normal.Length <= MaxMailLength && MailPattern().IsMatch(normal) ? normal : throw StewardException.Invalid(field, "must be a mail address.");
    }

    [GeneratedRegex(@"\A[a-z0-9-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    [GeneratedRegex(@"\A[a-z0-9_.-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Type();

    [GeneratedRegex(@"\A[^@\s\p{C}]+@[^@\s\p{C}]+\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex MailPattern();
}
