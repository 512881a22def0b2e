using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Sdk;

namespace Steward.Engines.Connectors.Mail;

/// <summary>Mail servers as connectors: an instance brings address and credential, the chain brings limits, breaker and audit, the transport speaks.</summary>
internal sealed class SmtpConnector(IMailTransport transport, IOptionsMonitor<ConnectorsOptions> options, TimeProvider time) : TypedConnector
{
    public override string Name => "smtp";

    public override async Task<JsonElement> ExecuteAsync(TypedCall call)
    {
        var mail = call.OperationId == "server.check" ? null : MailOf(call);
        await call.CarryAsync(credential => HandOverAsync(call, mail, credential));
        return mail is null
            ? JsonSerializer.SerializeToElement(new { host = Field(call.Target, "host"), user = call.Target.Instance.Fields.GetValueOrDefault("username") })
            : JsonSerializer.SerializeToElement(new { messageId = mail.MessageId });
    }

    private async Task<Exchange> HandOverAsync(TypedCall call, OutgoingMail? mail, Credential? credential)
    {
        try
        {
            return Read(await transport.SendAsync(ServerOf(call.Target, credential), mail, call.CancellationToken));
        }
        catch (OperationCanceledException) when (!call.Caller.IsCancellationRequested)
        {
            return Ended(FailureCodes.Timeout, "The time was up before the mail server took the mail.", isRetryable: true);
        }
    }

    private MailServer ServerOf(ResolvedInstance target, Credential? credential) => new()
    {
        Host = Field(target, "host"),
        Port = int.TryParse(Field(target, "port"), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65_536
            ? port
            : throw OutcomeException.Failed(FailureCodes.NotConfigured, "The field 'port' must be a number from 1 to 65535."),
        Security = Field(target, "security") switch { "tls" => MailSecurity.Tls, "none" => MailSecurity.None, _ => MailSecurity.StartTls },
        User = credential?.Values.GetValueOrDefault("username")?.Reveal() ?? target.Instance.Fields.GetValueOrDefault("username"),
        Password = credential?.Values.GetValueOrDefault("password"),
        AllowPrivateAddresses = options.CurrentValue.MayReachPrivateAddresses(target.Instance.TenantId),
    };

    private OutgoingMail MailOf(TypedCall call)
    {
        var from = Field(call.Target, "from");
        return new OutgoingMail
        {
            From = from,
            FromName = call.Target.Instance.Fields.GetValueOrDefault("fromName"),
            To = Text(call, "to")!,
            Subject = Text(call, "subject")!,
            Text = Text(call, "text")!,
            Html = Text(call, "html"),
            MessageId = Text(call, "messageId") ?? $"{call.Marker}@{from[(from.IndexOf('@', StringComparison.Ordinal) + 1)..]}",
            InReplyTo = Text(call, "inReplyTo"),
            Date = time.GetUtcNow(),
        };
    }

    private static Exchange Read(MailOutcome outcome) => outcome.Kind switch
    {
        MailOutcomeKind.Taken => new Exchange(),
        MailOutcomeKind.Deferred => Ended(FailureCodes.RateLimited, $"The mail was put off. {outcome.Detail}", isRetryable: true),
        MailOutcomeKind.MailboxBusy => Ended(FailureCodes.Rejected, $"The mail was put off by its recipient. {outcome.Detail}", isRetryable: true),
        MailOutcomeKind.NoSuchAddress => Ended(FailureCodes.NotFound, $"The address does not exist. {outcome.Detail}"),
        MailOutcomeKind.Refused => Ended(FailureCodes.Rejected, $"The mail was refused. {outcome.Detail}"),
        MailOutcomeKind.SignInRefused => Ended(FailureCodes.Unauthenticated, "User name or password of the mail server is wrong.") with { IsExpired = true },
        MailOutcomeKind.NotPossible => Ended(FailureCodes.NotConfigured, outcome.Detail),
        MailOutcomeKind.Unknown => Exchange.Ended(new ActionUnknown(outcome.Detail)),
        _ => Ended(FailureCodes.Unavailable, $"The mail server does not work now. {outcome.Detail}", isRetryable: true),
    };

    private static Exchange Ended(string code, string message, bool isRetryable = false) => Exchange.Ended(new ActionFailed(code, message, isRetryable));

    private static string? Text(TypedCall call, string name) => call.Arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string Field(ResolvedInstance target, string name) =>
        target.Instance.Fields.TryGetValue(name, out var value) && value.Length > 0 ? value
        : target.Template.Connection.Fields.FirstOrDefault(field => field.Name == name)?.Default
        ?? throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{target.Instance.Name}' lacks the field '{name}'.");
}
