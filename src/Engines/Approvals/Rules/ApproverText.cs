using System.Globalization;
using Steward.Engines.Approvals.Chains;

namespace Steward.Engines.Approvals.Rules;

/// <summary>
/// Approvers as text: <c>email:ADDRESS</c>, <c>user:ID</c>, <c>group:NAME</c>, <c>role:NAME</c>, <c>manager of requester</c>, <c>manager of ADDRESS</c>, and one <c>manager of</c> more for each level up.
/// </summary>
public static class ApproverText
{
    /// <summary>The most levels up.</summary>
    public const int MaxManagers = 10;

    private const string ManagerOf = "manager of ";
    private const int MaxLength = 256;

    /// <summary>Reads one; null when it is none.</summary>
    public static ApproverSpec? TryRead(string? text)
    {
        if (text is not { Length: > 0 and <= MaxLength } || text.Any(char.IsControl))
        {
            return null;
        }

        var levels = 0;
        while (text.StartsWith(ManagerOf, StringComparison.Ordinal))
        {
            levels++;
            text = text[ManagerOf.Length..].TrimStart();
        }

        if (levels > 0)
        {
            return levels <= MaxManagers && (text == "requester" || IsMail(text)) ? new ApproverSpec(ApproverKind.ManagerOf, text, levels) : null;
        }

        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var value = text[(colon + 1)..].Trim();
        return colon <= 0 || value.Length == 0 ? null : text[..colon] switch
        {
            "email" => IsMail(value) ? new ApproverSpec(ApproverKind.Email, value.ToLowerInvariant()) : null,
            "user" => new ApproverSpec(ApproverKind.User, value),
            "group" => new ApproverSpec(ApproverKind.Group, value),
            "role" => new ApproverSpec(ApproverKind.Role, value),
            _ => null,
        };
    }

    /// <summary>As <see cref="TryRead"/> reads it.</summary>
    public static string Of(ApproverSpec approver)
    {
        ArgumentNullException.ThrowIfNull(approver);
        return approver.Kind == ApproverKind.ManagerOf
            ? string.Concat(Enumerable.Repeat(ManagerOf, approver.Levels)) + approver.Value
            : $"{approver.Kind.ToString().ToLower(CultureInfo.InvariantCulture)}:{approver.Value}";
    }

    private static bool IsMail(string text) => text.IndexOf('@', StringComparison.Ordinal) is var at && at > 0 && at < text.Length - 1 && text.IndexOf('@', at + 1) < 0 && !text.Any(char.IsWhiteSpace);
}
