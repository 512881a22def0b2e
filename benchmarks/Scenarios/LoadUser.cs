namespace Steward.Benchmarks.Scenarios;

/// <summary>A person who chats during a load run.</summary>
internal sealed record LoadUser(string UserId, string Name, string Email);
