using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Orchestration.Tracing;

namespace Steward.Engines.Approvals.Mirroring;

/// <summary>
/// Texts that go into another system's records. What people and models wrote is data: placeholders are filled once, never filled again from what was filled in, and secrets in it are masked as in notices.
/// </summary>
public static partial class MirrorText
{
    /// <summary>The longest title.</summary>
    public const int MaxTitle = 160;

    /// <summary>The longest description and comment.</summary>
    public const int MaxText = 4000;

    private const string MarkerPrefix = "steward-";

    private const string CutNote = "\n\nNot all of the request fits here. Decide in Steward: an approval here does not count.";

    private const string Arguments = "arguments";
    private const int MaxArguments = MaxText / 2;

    // It becomes a field's text, in no HTML and no script.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // ServiceNow's correlation_id holds a hundred characters.
    private const int MaxMarker = 100;

    /// <summary>What a template may name.</summary>
    public static IReadOnlyList<string> Placeholders { get; } =
        ["summary", "reason", "requester", "email", "type", "action", Arguments, "risk", "amount", "currency", "environment", "level", "expires", "approval"];

    /// <summary>The first placeholder that does not exist; null when all do.</summary>
    public static string? UnknownIn(string template) =>
        Placeholder().Matches(template).Select(match => match.Groups[1].Value).FirstOrDefault(name => !Placeholders.Contains(name, StringComparer.Ordinal));

    /// <summary>A title: one line.</summary>
    public static string Title(string template, ApprovalState state) =>
        Cut(string.Concat(Fill(template, state).Select(character => char.IsControl(character) ? ' ' : character)).Trim(), MaxTitle);

    /// <summary>A longer text.</summary>
    public static string Description(string template, ApprovalState state) => Cut(Fill(template, state), MaxText);

    /// <summary>What a record is given to say. Where a part does not fit, it says that an approval there does not count.</summary>
    /// <param name="title">The title's template.</param>
    /// <param name="description">The description's template.</param>
    /// <param name="state">The request.</param>
    public static MirrorContent ContentOf(string title, string description, ApprovalState state)
    {
        var isCut = IsCut(title, description, state);
        var text = isCut ? Cut(Fill(description, state), MaxText - CutNote.Length) + CutNote : Description(description, state);
        var line = Title(title, state);
        return new(line, text, isCut, HashOf(line, text));
    }

    /// <summary>Whether the texts of a record leave out a part of what their templates name: whoever reads them does not see all of what they would approve. Masked secrets are no such part.</summary>
    /// <param name="title">The title's template.</param>
    /// <param name="description">The description's template.</param>
    /// <param name="state">The request.</param>
    public static bool IsCut(string title, string description, ApprovalState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var named = NamesIn(description);
        return Fill(description, state).Length > MaxText
            || (Fill(title, state).Trim().Length > MaxTitle && !NamesIn(title).IsSubsetOf(named))
            || ((named.Contains(Arguments) || NamesIn(title).Contains(Arguments))
                && (ArgumentsOf(state).Length > MaxArguments || !ShownWhole.Is(state.Request.Arguments, TraceMask.Of(state.Request.Arguments))));
    }

    /// <summary>What tells whether a record still says what was written into it: blanks, which systems set as they like, are no difference.</summary>
    public static string HashOf(string? title, string? description) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new[] { Plain(title), Plain(description) }))));

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
        return Cut(Code().Replace(TraceMask.Text(text), "[ $1code ]"), MaxText);
    }

    private static HashSet<string> NamesIn(string template) => Placeholder().Matches(template).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

    private static string Plain(string? text) => Blanks().Replace(text ?? "", " ").Trim();

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
            "summary" => TraceMask.Text(request.Summary),
            "reason" => request.Reason is { } reason ? TraceMask.Text(reason) : null,
            "requester" => request.Requester.Name ?? request.Requester.Email ?? request.Requester.UserId,
            "email" => request.Requester.Email,
            "type" => request.Type,
            "action" => request.Action,
            Arguments => Cut(ArgumentsOf(state), MaxArguments),
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

    private static string ArgumentsOf(ApprovalState state) => TraceMask.Of(state.Request.Arguments)?.ToJsonString(Readable) ?? "null";

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

    [GeneratedRegex(@"[\s\p{Cc}]+", RegexOptions.CultureInvariant)]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\[\s*(/?)\s*code\s*\]", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Code();
}

/// <summary>What a record is given to say.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Description">Its description.</param>
/// <param name="IsCut">Whether not all is there.</param>
/// <param name="Hash">What tells whether it still says that.</param>
public sealed record MirrorContent(string Title, string Description, bool IsCut, string Hash);
