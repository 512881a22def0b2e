using Steward.Errors;

namespace Steward.Memory;

/// <summary>What may be asked of a memory.</summary>
internal static class MemoryRules
{
    public const int MaxValue = 400;
    public const int MaxWhen = 80;
    private const int MaxOperationId = 128;
    private const int MaxQuestion = 32_000;
    public const int MaxStatements = 32;
    public const int MaxPage = 200;
    private const int MaxDays = 36_500;

    public static void Check(NoteStatements command)
    {
        if (command.MessageId is not { Length: >= 1 and <= 300 } || command.Statements is not { Count: <= MaxStatements } || (command.Statements.Count == 0 && command.Request is null))
        {
            throw StewardException.Invalid("statements", $"must be 1 to {MaxStatements} of one message.");
        }

        if (command.Request is { } request && (request.RunId is not { Length: >= 1 and <= 128 } || request.Topic is { Length: 0 or > 200 } || request.Open is not { Count: <= 8 } || request.Open.Any(open => open is not { Length: >= 1 and <= MaxValue })))
        {
            throw StewardException.Invalid("request", $"must name a run, have a topic of at most 200 characters and at most 8 open matters of at most {MaxValue}.");
        }

        if (command.Statements.Any(said => !Enum.IsDefined(said.Kind) || said.Slot is not { Length: >= 1 and <= 64 } || said.Subject is not { Length: >= 1 and <= 200 } || said.Value is not { Length: <= MaxValue } || said.When is { Length: > MaxWhen }))
        {
            throw StewardException.Invalid("statements", $"must have a kind, a slot of 1 to 64 characters, a subject of 1 to 200, a value of at most {MaxValue} and words for when of at most {MaxWhen}.");
        }
    }

    public static void Check(RecallMemories query)
    {
        if (query.Text is not { Length: >= 1 and <= MaxQuestion })
        {
            throw StewardException.Invalid("text", $"must have 1 to {MaxQuestion} characters.");
        }

        if (query.Top is < 1 or > 100)
        {
            throw StewardException.Invalid("top", "must be 1 to 100.");
        }
    }

    public static void Check(ListMemories query)
    {
        if (query.After < 0)
        {
            throw StewardException.Invalid("after", "must be 0 or an id.");
        }

        CheckLimit(query.Limit);
    }

    public static void CheckLimit(int limit)
    {
        if (limit is < 1 or > MaxPage)
        {
            throw StewardException.Invalid("limit", $"must be 1 to {MaxPage}.");
        }
    }

    public static void Check(CorrectMemory command)
    {
        CheckOperation(command.OperationId);
        if (string.IsNullOrWhiteSpace(command.Value) || command.Value.Length > MaxValue || MemoryText.HoldsUnseen(command.Value))
        {
            throw StewardException.Invalid("value", $"must have 1 to {MaxValue} characters, none of them a control character or one that is not seen.");
        }

        if (MemoryText.HoldsSecret(command.Value))
        {
            throw StewardException.Invalid("value", "has the shape of a password, a key, the number of a card or a social security number; such things are not remembered.");
        }
    }

    public static void Check(ForgetMemories command)
    {
        CheckOperation(command.OperationId);
        if (command.MemoryIds is not { Count: >= 1 and <= MaxPage })
        {
            throw StewardException.Invalid("memoryIds", $"must be 1 to {MaxPage} ids.");
        }
    }

    public static void CheckOperation(string operationId)
    {
        if (operationId is not { Length: >= 1 and <= MaxOperationId })
        {
            throw StewardException.Invalid("operationId", $"must have 1 to {MaxOperationId} characters.");
        }
    }

    /// <summary>The settings after a change.</summary>
    public static MemorySettings Change(MemorySettings before, SetMemorySettings command)
    {
        if (command.Kinds.Any(kind => !Enum.IsDefined(kind.Kind)) || command.Kinds.DistinctBy(kind => kind.Kind).Count() != command.Kinds.Count)
        {
            throw StewardException.Invalid("kinds", "must name each kind at most once.");
        }

        if (command.Kinds.Any(kind => kind.RetentionDays is < 0 or > MaxDays))
        {
            throw StewardException.Invalid("retentionDays", $"must be 1 to {MaxDays} days, or 0 for no limit.");
        }

        return new MemorySettings
        {
            SharePatterns = command.SharePatterns ?? before.SharePatterns,
            Kinds = [.. before.Kinds.Select(kind => command.Kinds.FirstOrDefault(change => change.Kind == kind.Kind) is { } change
                ? kind with { IsKept = change.IsKept ?? kind.IsKept, RetentionDays = change.RetentionDays switch { null => kind.RetentionDays, 0 => null, var days => days } }
                : kind)],
        };
    }

    /// <summary>A tenant's limits after a change.</summary>
    public static SortedDictionary<MemoryKind, int> Change(SortedDictionary<MemoryKind, int> before, SetMemoryRetention command)
    {
        if (command.Kinds is null || command.Kinds.Any(kind => !Enum.IsDefined(kind.Kind)) || command.Kinds.DistinctBy(kind => kind.Kind).Count() != command.Kinds.Count)
        {
            throw StewardException.Invalid("kinds", "must name each kind at most once.");
        }

        if (command.Kinds.Any(kind => kind.RetentionDays is < 0 or > MaxDays))
        {
            throw StewardException.Invalid("retentionDays", $"must be 1 to {MaxDays} days, or 0 for no limit.");
        }

        var after = new SortedDictionary<MemoryKind, int>(before);
        foreach (var kind in command.Kinds)
        {
            if (kind.RetentionDays == 0)
            {
                after.Remove(kind.Kind);
            }
            else
            {
                after[kind.Kind] = kind.RetentionDays;
            }
        }

        return after;
    }
}
