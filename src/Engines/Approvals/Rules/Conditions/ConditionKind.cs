namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>The kinds of values in conditions.</summary>
public enum ConditionKind
{
    /// <summary>Text; compared without regard to case and to blanks around it.</summary>
    Text,

    /// <summary>A decimal number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A length of time.</summary>
    Duration,

    /// <summary>A time of day.</summary>
    Time,

    /// <summary>A date.</summary>
    Date,

    /// <summary>A risk: <c>'low'</c> before <c>'medium'</c>, <c>'high'</c>, <c>'critical'</c>.</summary>
    Risk,

    /// <summary>A day of the week, from <c>'monday'</c> to <c>'sunday'</c>.</summary>
    Weekday,

    /// <summary>Several texts, in no order.</summary>
    Texts,

    /// <summary>Whatever the request holds there; what it is compared with says what it has to be.</summary>
    Any,

    /// <summary>The moment of the request; only calendars know what to do with it.</summary>
    Moment,
}
