namespace Steward.EnterpriseSim;

/// <summary>A mail that a simulated system sent to a person.</summary>
/// <param name="To">E-mail address of the receiver.</param>
/// <param name="Subject">Subject line.</param>
/// <param name="Link">The link in it; the receiver alone should see it.</param>
/// <param name="Time">When it was sent.</param>
public sealed record SentMail(string To, string Subject, string Link, DateTimeOffset Time);
