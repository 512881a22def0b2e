using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Smtp;

/// <summary>A reply of the mail server.</summary>
internal sealed record SmtpReply(int Code, string Text);

/// <summary>
/// What the mail server knows and decides; <see cref="SmtpServer"/> speaks for it. Over HTTP it has only the simulator's control API.
/// Recipients decide by the beginning of their address how it goes: <c>bounce</c> is refused for good, <c>full</c> for now,
/// <c>greylist</c> the first time only; addresses outside of <c>.example</c> are not relayed.
/// </summary>
internal sealed class SmtpSystem(SimWorld world) : SimulatedSystem(SimSystem.Smtp, world)
{
    private readonly List<ReceivedMail> mail = [];
    private readonly HashSet<string> greylisted = new(StringComparer.OrdinalIgnoreCase);

    public override IReadOnlyList<SimRoute> Routes { get; } = [];

    public IReadOnlyList<ReceivedMail> Received()
    {
        lock (Gate)
        {
            return [.. mail];
        }
    }

    /// <summary>How many messages were taken.</summary>
    public int Count
    {
        get
        {
            lock (Gate)
            {
                return mail.Count;
            }
        }
    }

    public bool IsAccount(string user, string password) =>
        user.Equals(World.Options.Credentials.SmtpUser, StringComparison.OrdinalIgnoreCase) && Secrets.Same(password, World.Options.Credentials.SmtpPassword);

    /// <summary>Whether a recipient is taken.</summary>
    public SmtpReply Recipient(string sender, string address)
    {
        if (address.IndexOf('@', StringComparison.Ordinal) is not (> 0 and var at) || at == address.Length - 1)
        {
            return new(553, "5.1.3 The recipient address is not a valid RFC 5321 address");
        }

        if (!address.EndsWith(".example", StringComparison.OrdinalIgnoreCase))
        {
            return new(550, "5.7.1 Relaying denied");
        }

        if (address.StartsWith("bounce", StringComparison.OrdinalIgnoreCase))
        {
            return new(550, "5.1.1 The email account that you tried to reach does not exist");
        }

        if (address.StartsWith("full", StringComparison.OrdinalIgnoreCase))
        {
            return new(452, "4.2.2 The email account that you tried to reach is over quota");
        }

        lock (Gate)
        {
            if (address.StartsWith("greylist", StringComparison.OrdinalIgnoreCase) && greylisted.Add($"{sender}>{address}"))
            {
                return new(451, "4.7.1 Greylisted, please try again later");
            }
        }

        return new(250, "2.1.5 OK");
    }

    /// <summary>Keeps a message; the reply names it.</summary>
    public SmtpReply Accept(ReceivedMail received)
    {
        lock (Gate)
        {
            mail.Add(received);
        }

        return new(250, $"2.0.0 OK queued as {World.Ids.Text(World.Ids.Fresh("queue"), 12)}");
    }

    public SimFault? Fault(string verb, string argument) => World.Faults.Take(System, verb, verb, argument);

    public void Record(string verb, string argument, int code, bool effect, SimFaultKind? fault) => World.Calls.Add(sequence => new RecordedCall
    {
        Sequence = sequence, System = System, Operation = verb, Method = verb, Path = argument, Body = "", Status = code, Time = World.Time.GetUtcNow(), Effect = effect, Fault = fault,
    });

    public override Reply? Authenticate(Call call) => null;

    public override RateReading CountRate(Call call) => new(int.MaxValue, int.MaxValue, call.Now, true, 0);

    public override Reply Unauthorized(Call call) => UnknownPath(call);

    public override Reply UnknownPath(Call call) => new(404, new JsonObject { ["error"] = "This is the mail server's control API; mail goes to its other port." });

    public override Reply MalformedJson(Call call, string detail) => UnknownPath(call);

    public override Reply TooLarge(Call call) => UnknownPath(call);

    public override Reply RateLimited(Call call, int retryAfterSeconds) => UnknownPath(call);

    public override Reply ServerError(Call call, int status) => UnknownPath(call);

    public override void Finish(Call call, Reply reply)
    {
    }
}
