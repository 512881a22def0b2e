namespace Steward.Engines.Models.Caching;

/// <summary>How long an answer stays true.</summary>
public enum AnswerClass
{
    /// <summary>What something is or means. Kept for 7 days.</summary>
    Static,

    /// <summary>Most questions. Kept for an hour.</summary>
    Standard,

    /// <summary>What changes by the hour: the state of systems and tickets, today's things. Kept for 10 minutes.</summary>
    Dynamic,

    /// <summary>What concerns a person. Never kept, and never shared with an equal call under way.</summary>
    Personal,
}
