namespace Steward.EnterpriseSim;

/// <summary>One attempt of a simulated system to tell a receiver about an event.</summary>
/// <param name="System">The system.</param>
/// <param name="EventType">The product's name of the event.</param>
/// <param name="EventId">The id by which the receiver tells repetitions.</param>
/// <param name="Url">The receiver.</param>
/// <param name="Attempt">From 1.</param>
/// <param name="Status">The receiver's answer; 0 if none came in time.</param>
/// <param name="Time">When the attempt ended.</param>
public sealed record SentEvent(SimSystem System, string EventType, string EventId, Uri Url, int Attempt, int Status, DateTimeOffset Time);
