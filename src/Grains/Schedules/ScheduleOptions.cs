namespace Steward.Schedules;

/// <summary>How schedules act. Section <c>Steward:Schedules</c>.</summary>
public sealed class ScheduleOptions
{
    /// <summary>
    /// A schedule does not fire while the person who made it has not been here for so long: whoever has left does not come any more. Null, the default: it fires all the same.
    /// </summary>
    public TimeSpan? OwnerUnseenFor { get; set; }
}
