using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Mail;

/// <summary>Hands mail to a mail server. Safe for concurrent use.</summary>
public interface IMailTransport
{
    /// <summary>Hands over one mail.</summary>
    /// <param name="server">The server.</param>
    /// <param name="mail">The mail; null only signs in and leaves again.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How it ended; the server's refusals are outcomes, never exceptions.</returns>
    Task<MailOutcome> SendAsync(MailServer server, OutgoingMail? mail, CancellationToken cancellationToken);
}

/// <summary>A mail server and how to sign in there.</summary>
public sealed record MailServer
{
    /// <summary>Its name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Its port.</summary>
    public required int Port { get; init; }

    /// <summary>How the connection is secured.</summary>
    public MailSecurity Security { get; init; }

    /// <summary>User name; null sends without signing in.</summary>
    public string? User { get; init; }

    /// <summary>Password.</summary>
    public SecretText? Password { get; init; }

    /// <summary>Whether it may be on a private network.</summary>
    public bool AllowPrivateAddresses { get; init; }
}

/// <summary>How a connection to a mail server is secured.</summary>
public enum MailSecurity
{
    /// <summary>Begins in the clear and is secured before anything is said (RFC 3207); a server that cannot do that is not used.</summary>
    StartTls,

    /// <summary>TLS from the beginning (RFC 8314).</summary>
    Tls,

    /// <summary>In the clear; only to this machine.</summary>
    None,
}

/// <summary>One mail to one person. Line breaks and control characters in what becomes a header are refused.</summary>
public sealed record OutgoingMail
{
    /// <summary>The sender's address.</summary>
    public required string From { get; init; }

    /// <summary>The sender's name.</summary>
    public string? FromName { get; init; }

    /// <summary>The recipient's address.</summary>
    public required string To { get; init; }

    /// <summary>The subject.</summary>
    public required string Subject { get; init; }

    /// <summary>Plain text.</summary>
    public required string Text { get; init; }

    /// <summary>The same as HTML; null sends plain text only.</summary>
    public string? Html { get; init; }

    /// <summary>Without angle brackets; the same for every attempt at the same mail, so that mailboxes know a repetition.</summary>
    public required string MessageId { get; init; }

    /// <summary>The message id of the mail that this one belongs to.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>The header <c>Date</c>.</summary>
    public required DateTimeOffset Date { get; init; }
}

/// <summary>How handing over ended.</summary>
/// <param name="Kind">What is known.</param>
/// <param name="Detail">The server's reply code, or what broke; holds nothing of the mail.</param>
public sealed record MailOutcome(MailOutcomeKind Kind, string Detail);

/// <summary>What is known of a mail.</summary>
public enum MailOutcomeKind
{
    /// <summary>The server took it.</summary>
    Taken,

    /// <summary>Refused for now, and others may be, too: too many mails, or the server does not know the sender yet.</summary>
    Deferred,

    /// <summary>Refused for now because of its recipient, for example a full mailbox; says nothing about other mails.</summary>
    MailboxBusy,

    /// <summary>The address does not exist.</summary>
    NoSuchAddress,

    /// <summary>Refused for good for another reason.</summary>
    Refused,

    /// <summary>User name or password is wrong.</summary>
    SignInRefused,

    /// <summary>The server does not do what the settings ask for.</summary>
    NotPossible,

    /// <summary>The server cannot be reached or does not work; nothing was taken.</summary>
    Unavailable,

    /// <summary>The connection was lost after the whole mail was sent and before the server answered.</summary>
    Unknown,
}
