namespace Steward.Engines.Orchestration;

/// <summary>Whether a decision counts.</summary>
public enum DecisionCheck
{
    /// <summary>It counts: record it.</summary>
    Ok,

    /// <summary>The same person has decided the same before: nothing is to be recorded, and the answer is the same as then.</summary>
    AlreadyDecided,

    /// <summary>It was decided already, by someone else or otherwise.</summary>
    Conflict,

    /// <summary>This person may not decide it.</summary>
    Forbidden,

    /// <summary>It is about something else than what is asked now.</summary>
    StaleSubject,

    /// <summary>It is not one of the options.</summary>
    UnknownOption,

    /// <summary>It came too late.</summary>
    Expired,
}
