using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Steward.Engines.Approvals.Machine;

namespace Steward.Engines.Approvals.Mirroring;

/// <summary>
/// Texts that go into another system's records. What people and models wrote is data: placeholders are filled once, never filled again from what was filled in.
/// </summary>
public static partial class MirrorText
{
    /// <summary>The longest title.</summary>
    public const int MaxTitle = 160;

    /// <summary>The longest description and comment.</summary>
    public const int MaxText = 4000;

    private const string MarkerPrefix = "steward-";

    // ServiceNow's correlation_id holds a hundred characters.
    private const int MaxMarker = 100;

    /// <summary>What a template may name.</summary>
    public static IReadOnlyList<string> Placeholders { get; } =
        ["summary", "reason", "requester", "email", "type", "action", "arguments", "risk", "amount", "currency", "environment", "level", "expires", "approval"];

    /// <summary>The first placeholder that does not exist; null when all do.</summary>
    public static string? UnknownIn(string template) =>
        Placeholder().Matches(template).Select(match => match.Groups[1].Value).FirstOrDefault(name => !Placeholders.Contains(name, StringComparer.Ordinal));

    /// <summary>A title: one line.</summary>
    public static string Title(string template, ApprovalState state) =>
        Cut(string.Concat(Fill(template, state).Select(character => char.IsControl(character) ? ' ' : character)).Trim(), MaxTitle);

    /// <summary>A longer text.</summary>
    public static string Description(string template, ApprovalState state) => Cut(Fill(template, state), MaxText);

    /// <summary>What a record carries so that it is found again: harmless in every query language.</summary>
    public static string MarkerOf(string approvalId)
    {
        ArgumentNullException.ThrowIfNull(approvalId);
        return MarkerPrefix.Length + approvalId.Length <= MaxMarker ? MarkerPrefix + approvalId : MarkerPrefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(approvalId)));
    }

    /// <summary>The approval that a record's marker names; null when it is no marker, or one that names none.</summary>
    public static string? ApprovalOf(string? marker) => marker?.StartsWith(MarkerPrefix + "a-", StringComparison.Ordinal) == true ? marker[MarkerPrefix.Length..] : null;

    /// <summary>How a request ended, for a record's readers.</summary>
    public static string Ended(ApprovalState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var how = state.Status switch
        {
            ApprovalStatus.Approved => "Approved",
            ApprovalStatus.Rejected => "Rejected",
            ApprovalStatus.Expired => "Lapsed",
            _ => "Withdrawn",
        };
        var by = state.End?.Label ?? state.End?.By;
        var text = new StringBuilder("Steward: ").Append(how);
        if (by is not null)
        {
            text.Append(" by ").Append(by);
        }

        if (state.End?.For is { } acted)
        {
            text.Append(" for ").Append(acted);
        }

        if (state.End?.Channel is { } channel)
        {
            text.Append(channel == "mirror" ? ", here" : $", in {channel}");
        }

        text.Append('.');
        return Comment(state.End?.Reason is { Length: > 0 } reason ? $"{text} {reason}" : text.ToString());
    }

    /// <summary>That a vote counted, and what is still missing.</summary>
    public static string Counted(ApprovalState state, string voter, VoteDecision decision)
    {
        ArgumentNullException.ThrowIfNull(state);
        var missing = state.OpenLevel is { } level
            ? $"Level {level.Number} ({level.Name}) has {level.Approvals} of {level.Required} approvals."
            : "The next level is being asked.";
        return Comment($"Steward: {voter} {(decision == VoteDecision.Approve ? "approved" : "rejected")} this, which counts. It is not decided yet. {missing}");
    }

    /// <summary>That what was done there does not count, and why.</summary>
    public static string Refused(string? who, string why) => Comment($"Steward: what {who ?? "somebody"} decided here does not count. {why}");

    /// <summary>A comment without markup that the other system would take for its own.</summary>
    public static string Comment(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        // ServiceNow shows what stands between these as HTML.
        return Cut(Code().Replace(text, "[ $1code ]"), MaxText);
    }

    private static string Fill(string template, ApprovalState state)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(state);
        return Code().Replace(Placeholder().Replace(template, match => ValueOf(match.Groups[1].Value, state) is { Length: > 0 } value ? value : "–"), "[ $1code ]");
    }

    private static string? ValueOf(string name, ApprovalState state)
    {
        var request = state.Request;
        return name switch
        {
            "summary" => request.Summary,
            "reason" => request.Reason,
            "requester" => request.Requester.Name ?? request.Requester.Email ?? request.Requester.UserId,
            "email" => request.Requester.Email,
            "type" => request.Type,
            "action" => request.Action,
            "arguments" => Cut(request.Arguments.GetRawText(), MaxText / 2),
            "risk" => request.Risk.ToString().ToLowerInvariant(),
            "amount" => request.Amount?.ToString(CultureInfo.InvariantCulture),
            "currency" => request.Currency,
            "environment" => request.Environment,
            "level" => state.OpenLevel?.Name,
            "expires" => state.ExpiresAt.UtcDateTime.ToString("u", CultureInfo.InvariantCulture),
            "approval" => request.ApprovalId,
            _ => null,
        };
    }

    private static string Cut(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var end = most - 1;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), "…");
    }

    [GeneratedRegex(@"\{([A-Za-z][A-Za-z0-9_.]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\[\s*(/?)\s*code\s*\]", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Code();
}
