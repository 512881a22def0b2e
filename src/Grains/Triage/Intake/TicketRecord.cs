namespace Steward.Triage;

/// <summary>A ticket as its system has it now.</summary>
internal sealed record TicketRecord
{
    /// <summary>Its id there: ServiceNow's sys_id, Jira's key.</summary>
    public required string Id { get; init; }

    /// <summary>What triage reads of it.</summary>
    public required TriageTicket Ticket { get; init; }

    /// <summary>The group that it is with; null for none.</summary>
    public string? Group { get; init; }

    /// <summary>Who works on it; null for nobody.</summary>
    public string? AssignedTo { get; init; }

    /// <summary>Whether its group is not to be changed whatever was decided: somebody works on it already, or several groups share it.</summary>
    public bool IsTaken { get; init; }

    /// <summary>Whether several groups share it, so that nothing follows from which ones they are.</summary>
    public bool IsShared { get; init; }

    /// <summary>Whether it is neither solved nor closed nor withdrawn.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Whether it was solved.</summary>
    public bool IsSolved { get; init; }

    /// <summary>The account that changed it last, where the system says so with the record.</summary>
    public string? ChangedBy { get; init; }

    /// <summary>How often it was changed, where the system counts that.</summary>
    public long Changes { get; init; }

    /// <summary>What those who work on it wrote, where the system gives it with the record.</summary>
    public string? Notes { get; init; }

    /// <summary>Where its groups are looked for: Jira's project.</summary>
    public string? Project { get; init; }
}

/// <summary>Who gave a ticket its group.</summary>
/// <param name="By">The account there; null when that cannot be told.</param>
/// <param name="Change">Which change it was: the same for repetitions.</param>
internal sealed record TicketRouting(string? By, string Change);
