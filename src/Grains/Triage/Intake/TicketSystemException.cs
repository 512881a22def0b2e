namespace Steward.Triage;

/// <summary>The other system did not do what it was asked for, or cannot be asked now.</summary>
/// <param name="message">Why, safe to show.</param>
internal sealed class TicketSystemException(string message) : Exception(message);
