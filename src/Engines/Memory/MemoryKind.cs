namespace Steward.Engines.Memory;

/// <summary>What a memory is.</summary>
public enum MemoryKind
{
    /// <summary>How somebody likes things: short answers, mail rather than phone.</summary>
    Preference,

    /// <summary>Something that is so: a role, a place, a device.</summary>
    Fact,

    /// <summary>What must be kept to always: an allergy, "never by phone". It never fades and is always considered.</summary>
    Constraint,

    /// <summary>What an earlier conversation was about.</summary>
    Interaction,

    /// <summary>What was learnt from several of them.</summary>
    Pattern,
}
