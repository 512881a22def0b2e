namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>A field that conditions can look at.</summary>
/// <param name="Name">As it is written.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Source">Where its value comes from.</param>
internal sealed record ConditionField(string Name, ConditionKind Kind, FieldSource Source)
{
    /// <summary>Whether its value may be anything that whoever asks has written. Such values are never quoted in explanations: they are compared with what the rules' author wrote, and only that is shown.</summary>
    public bool IsFree => Source is PathSource or KnownSource { Field: KnownField.Environment or KnownField.Currency };
}

/// <summary>Where a field's value comes from.</summary>
internal abstract record FieldSource
{
    /// <summary>Whether the directory has to be asked.</summary>
    public virtual bool NeedsDirectory => false;
}

/// <summary>Something that every request has, or the directory knows of the requester.</summary>
internal sealed record KnownSource(KnownField Field) : FieldSource
{
    public override bool NeedsDirectory => Field is KnownField.Department or KnownField.Title or KnownField.Groups or KnownField.Manager;
}

/// <summary>The first of some places in the request's arguments or attributes at which there is a value of the field's kind.</summary>
internal sealed record PathSource(IReadOnlyList<FieldPath> Paths) : FieldSource
{
    /// <summary>What holds instead for requests of some actions; the first that is for the action.</summary>
    public IReadOnlyList<ActionSource> OfActions { get; init; } = [];

    /// <summary>What holds for a request.</summary>
    public (IReadOnlyList<FieldPath> Paths, ConditionValue? Value) For(ApprovalRequest request)
    {
        foreach (var one in OfActions)
        {
            if (Glob.Matches(one.Pattern, request.Action))
            {
                return (one.Paths, one.Value);
            }
        }

        return (Paths, null);
    }
}

/// <summary>Where a field stands in requests of some actions.</summary>
/// <param name="Pattern">The actions, with <c>*</c> and <c>?</c>.</param>
/// <param name="Paths">The places.</param>
/// <param name="Value">What it always is; null where it stands in the places.</param>
internal sealed record ActionSource(string Pattern, IReadOnlyList<FieldPath> Paths, ConditionValue? Value);

/// <summary>What a <see cref="KnownSource"/> is.</summary>
internal enum KnownField
{
    RequestType,
    Action,
    Risk,
    Amount,
    Currency,
    Environment,
    IsRun,
    UserId,
    Email,
    Roles,
    Department,
    Title,
    Groups,
    Manager,
    Moment,
    Hour,
    Weekday,
    TimeOfDay,
    Date,
}
