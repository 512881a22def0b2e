using Steward.Engines.Inference;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Inference;

/// <summary>What may be asked of a model, by whom, and what a caller is told where there is no answer.</summary>
internal static class InferenceRules
{
    /// <summary>The longest single text, in characters. Models read its beginning only.</summary>
    public const int MaxTextLength = 1_000_000;

    /// <summary>The most texts of a request.</summary>
    public const int MaxTexts = 256;

    /// <summary>The most words that are named for an answer.</summary>
    public const int MaxReasons = 20;

    /// <summary>The most characters of all texts of a request: it is one message.</summary>
    public const int MaxCharacters = 4_000_000;

    /// <summary>A model whose folder is broken is read again after this time.</summary>
    private static readonly TimeSpan UntilReadAgain = TimeSpan.FromSeconds(30);

    /// <summary>Refuses what may not be asked; else the tenant on whose behalf it is.</summary>
    public static string Check(ClassifyText command)
    {
        var tenant = CheckCaller(command.TenantId);
        CheckText("text", command.Text);
        if (command.SecondText is not null)
        {
            CheckText("secondText", command.SecondText);
        }

        if (command.Top is < 1 or > 1_000)
        {
            throw StewardException.Invalid("top", "must be 1 to 1000.");
        }

        if (command.Reasons is < 0 or > MaxReasons)
        {
            throw StewardException.Invalid("reasons", $"must be 0 to {MaxReasons}.");
        }

        return tenant;
    }

    /// <summary>Refuses what may not be asked; else the tenant on whose behalf it is.</summary>
    public static string Check(EmbedTexts command)
    {
        var tenant = CheckCaller(command.TenantId);
        CheckTexts("texts", command.Texts, 0);
        return tenant;
    }

    /// <summary>Refuses what may not be asked; else the tenant on whose behalf it is.</summary>
    public static string Check(RankPassages command)
    {
        var tenant = CheckCaller(command.TenantId);
        CheckText("query", command.Query);
        CheckTexts("passages", command.Passages, command.Query.Length);
        if (command.FirstStage is { } stage && (stage.Count != command.Passages.Count || stage.Any(score => !double.IsFinite(score))))
        {
            throw StewardException.Invalid("firstStage", "must hold a number for each passage, or be absent.");
        }

        if (command.Top is < 1 or > MaxTexts)
        {
            throw StewardException.Invalid("top", $"must be 1 to {MaxTexts}.");
        }

        return tenant;
    }

    /// <summary>The error for a request without an answer.</summary>
    public static StewardException ErrorOf<T>(InferenceAnswer<T> answer, string model)
        where T : class
    {
        var problem = answer.Problem ?? "The model gave no answer.";
        return answer.Outcome switch
        {
            InferenceOutcome.Busy => new StewardException(ErrorCodes.Overloaded, problem) { IsRetryable = true, RetryAfter = answer.RetryAfter },
            InferenceOutcome.DeadlinePassed => new StewardException(ErrorCodes.Unavailable, problem) { IsRetryable = true },
            InferenceOutcome.NotAvailable => new StewardException(ErrorCodes.Unavailable, problem) { IsRetryable = true, RetryAfter = UntilReadAgain },
            InferenceOutcome.UnknownModel => StewardException.NotFound($"The model '{model}'"),
            InferenceOutcome.InvalidInput => new StewardException(ErrorCodes.InvalidArgument, problem) { Field = problem[..problem.AsSpan().IndexOfAny(" [:")] },
            _ => new StewardException(ErrorCodes.Internal, problem),
        };
    }

    // The key names no tenant, so that the identity filter cannot compare it: this does.
    private static string CheckCaller(string tenantId)
    {
        Caller.RequireSystem();
        return string.Equals(tenantId, Caller.Required.TenantId, StringComparison.Ordinal)
            ? tenantId
            : throw StewardException.Invalid("tenantId", "must be the tenant in whose name the platform calls.");
    }

    private static void CheckText(string field, string? text)
    {
        if (text is null || text.Length > MaxTextLength)
        {
            throw StewardException.Invalid(field, $"must be a text of at most {MaxTextLength} characters.");
        }
    }

    private static void CheckTexts(string field, IReadOnlyList<string>? texts, long characters)
    {
        if (texts is not { Count: >= 1 and <= MaxTexts })
        {
            throw StewardException.Invalid(field, $"must hold 1 to {MaxTexts} texts.");
        }

        for (var i = 0; i < texts.Count; i++)
        {
            CheckText($"{field}[{i}]", texts[i]);
            characters += texts[i].Length;
        }

        if (characters > MaxCharacters)
        {
            throw StewardException.Invalid(field, $"must have at most {MaxCharacters} characters in all.");
        }
    }
}
