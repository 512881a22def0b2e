using System.Security.Cryptography;
using System.Text.Json;
using Steward.Approvals;
using Steward.Errors;

namespace Steward.Client;

/// <content>Approvals and notifications.</content>
internal static partial class InputRules
{
    public const int MaxVotes = 100;

    private const int MaxArgumentsLength = 64 * 1024;
    private const int MaxSummaryLength = 1_000;
    private const int MaxRulesLength = 256 * 1024;

    public static string NewOperationId() => "op-" + RandomNumberGenerator.GetString(IdAlphabet, 24);

    public static void ApprovalId(string? value) => Id(value, 'a', "approvalId");

    public static void SubjectHash(string? value) => Token(value, 128, "subjectHash");

    public static void SubjectId(string? value) => Token(value, 200, "subject");

    public static void NoticeId(string? value) => Token(value, 200, "noticeId");

    public static void Approval(SubmitApproval request)
    {
        Name(request.Type, 64, "type");
        Token(request.Action, 200, "action");
        if (string.IsNullOrWhiteSpace(request.Summary) || request.Summary.Length > MaxSummaryLength)
        {
            throw StewardException.Invalid("summary", $"must have 1 to {MaxSummaryLength:N0} characters and not be blank.");
        }

        Comment(request.Reason, "reason");
        Json(request.Arguments, "arguments");
        Json(request.Preview, "preview");
        Json(request.Attributes, "attributes");
        if (request.Risk is not ("low" or "medium" or "high" or "critical"))
        {
            throw StewardException.Invalid("risk", "must be low, medium, high or critical.");
        }

        if (request.Amount is < 0)
        {
            throw StewardException.Invalid("amount", "must be 0 or more.");
        }

        if (request.Amount is null != request.Currency is null || (request.Currency is { } currency && (currency.Length != 3 || currency.AsSpan().ContainsAnyExceptInRange('A', 'Z'))))
        {
            throw StewardException.Invalid("currency", "must be an ISO 4217 code such as EUR, and come with an amount.");
        }

        if (request.Environment is { } environment)
        {
            Token(environment, 64, "environment");
        }
    }

    public static void Vote(DecideApproval vote)
    {
        if (vote.Decision is not ("approve" or "reject"))
        {
            throw StewardException.Invalid("decision", "must be approve or reject.");
        }

        SubjectHash(vote.SubjectHash);
        Comment(vote.Comment, "comment");
        if (vote.OperationId is not null)
        {
            OperationId(vote.OperationId);
        }
    }

    public static void Votes(IReadOnlyList<ApprovalDecision> decisions)
    {
        ArgumentNullException.ThrowIfNull(decisions);
        if (decisions.Count is 0 or > MaxVotes)
        {
            throw StewardException.Invalid("decisions", $"must be 1 to {MaxVotes}.");
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var decision in decisions)
        {
            ApprovalId(decision.ApprovalId);
            Vote(decision.Vote);
            if (!seen.Add(decision.ApprovalId))
            {
                throw StewardException.Invalid("decisions", "must name each approval once.");
            }
        }
    }

    public static void CommentText(string? value)
    {
        if (string.IsNullOrWhiteSpace(value) || value.Length > MaxCommentLength)
        {
            throw StewardException.Invalid("text", $"must have 1 to {MaxCommentLength:N0} characters and not be blank.");
        }
    }

    public static void Email(string? value, string field)
    {
        if (value is not { Length: >= 3 and <= 254 } || value.IndexOf('@', StringComparison.Ordinal) is < 1 || value.AsSpan().ContainsAnyInRange('\0', ' '))
        {
            throw StewardException.Invalid(field, "must be a mail address.");
        }
    }

    public static void DelegationId(string? value)
    {
        if (value is not { Length: >= 1 and <= 64 } || value.AsSpan().ContainsAnyExcept(IdCharacters) || value.AsSpan().ContainsAny('.', '_'))
        {
            throw StewardException.Invalid("delegationId", "must have 1 to 64 characters of a-z, 0-9 and '-'.");
        }
    }

    public static void RuleText(string? value)
    {
        if (string.IsNullOrWhiteSpace(value) || value.Length > MaxRulesLength)
        {
            throw StewardException.Invalid("text", $"must have 1 to {MaxRulesLength:N0} characters of YAML.");
        }
    }

    public static void Channel(string? value)
    {
        if (value is not ("slack" or "teams" or "email" or "webhook" or "in_app"))
        {
            throw StewardException.Invalid("channel", "must be slack, teams, email, webhook or in_app.");
        }
    }

    private static void Name(string? value, int maxLength, string field)
    {
        if (value is null || value.Length is 0 || value.Length > maxLength || value.AsSpan().ContainsAnyExcept(IdCharacters))
        {
            throw StewardException.Invalid(field, $"must have 1 to {maxLength} characters of a-z, 0-9, '.', '_' and '-'.");
        }
    }

    private static void Json(string? value, string field)
    {
        if (value is null)
        {
            return;
        }

        if (value.Length > MaxArgumentsLength)
        {
            throw StewardException.Invalid(field, $"must have at most {MaxArgumentsLength:N0} characters of JSON.");
        }

        if (!IsObject(value))
        {
            throw StewardException.Invalid(field, "must be a JSON object.");
        }
    }

    private static bool IsObject(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
