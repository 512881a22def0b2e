using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Approvals;
using Steward.Connectors;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Notifications;
using Steward.Engines.Notifications.Answers;
using Steward.Engines.Notifications.Slack;
using Steward.Engines.Security;
using Steward.Engines.Security.Jwt;
using Steward.Engines.Security.Webhooks;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Notifications;
using Steward.People;
using Steward.Storage;

namespace Steward.Grains.Tests.Notifications;

public sealed class ChannelActionsTests
{
    private const string Tenant = "t-acme";
    private const string Secret = "8f742231b10e8888abcd99yyyzzz85a5";
    private const string Hash = "7d5f0c1e6b0f4c0f9ab1c2d3e4f5061728394a5b6c7d8e9f00112233445566ff";

    private static readonly NotificationSettings Settings = new() { Channels = [new NotificationChannel { Channel = "slack", Instance = "slack" }, new NotificationChannel { Channel = "teams", Instance = "bot" }] };

    private readonly Scene _scene = new();

    [Fact]
    public async Task ReceiveAsync_ClickOfWhoeverWasAsked_IsTheirVoteWithTheRolesLastSeen()
    {
        _scene.Roles = ["helpdesk"];

        var answer = await ClickAsync();

        Assert.Equal((200, null), (answer.Status, answer.Body));
        var (vote, caller) = Assert.Single(_scene.Votes);
        Assert.Equal(("approve", Hash, "slack"), (vote.Decision, vote.SubjectHash, vote.Channel));
        Assert.Equal(("u-ada", "ada@acme.example", "helpdesk"), (caller.UserId, caller.Email, Assert.Single(caller.Roles)));
        Assert.Contains("approve", await _scene.AnsweredAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task ReceiveAsync_PersonNeverSeen_HasNoRoles()
    {
        _scene.Roles = null;
        await ClickAsync();
        Assert.Empty(Assert.Single(_scene.Votes).Caller.Roles);
    }

    [Fact]
    public async Task ReceiveAsync_LongNotSeen_HasNoRoles()
    {
        (_scene.Roles, _scene.SeenAt) = (["helpdesk"], TimeProvider.System.GetUtcNow().AddDays(-3));
        await ClickAsync();
        Assert.Empty(Assert.Single(_scene.Votes).Caller.Roles);
    }

    [Fact]
    public async Task ReceiveAsync_NeverSeenAndRequesterWithoutAddress_MustSignIn()
    {
        // The person could be the requester, whose address nobody knows.
        _scene.Roles = null;
        _scene.View = _scene.View with { Request = _scene.View.Request with { Requester = _scene.View.Request.Requester with { Email = null } } };

        await ClickAsync();

        Assert.Empty(_scene.Votes);
        Assert.StartsWith(ClickAnswer.Text(ClickOutcome.UnknownPerson, "en"), await _scene.AnsweredAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReceiveAsync_SameClickAgain_NamesTheSameOperation()
    {
        await ClickAsync();
        await ClickAsync();
        Assert.Single(_scene.Votes.Select(vote => vote.Vote.OperationId).Distinct());
    }

    [Fact]
    public async Task ReceiveAsync_AfterTheVote_EngagementIsNotedOnEveryCopy()
    {
        await ClickAsync();
        Assert.Contains(("t-acme/q-slack", "a-1/u-ada", "acted"), _scene.Engagements);
        Assert.Contains("a-1/u-ada", _scene.Marks);
    }

    [Theory]
    [InlineData("another secret", 0)]
    [InlineData(Secret, -301)]
    [InlineData(Secret, 301)]
    public async Task ReceiveAsync_WrongOrOldSignature_IsNotBelieved(string secret, int seconds)
    {
        var answer = await ClickAsync(secret: secret, signedAfter: seconds);
        Assert.Equal(new HookAnswer { Status = 401 }, answer);
        Assert.Empty(_scene.Votes);
    }

    [Fact]
    public async Task ReceiveAsync_ChannelThatIsNotSetUp_IsAnsweredLikeAWrongSignature()
    {
        var answer = await _scene.Actions.ReceiveAsync(Tenant, new NotificationSettings(), "slack", Request(Payload()), default);
        Assert.Equal(new HookAnswer { Status = 401 }, answer);
    }

    [Fact]
    public async Task ReceiveAsync_TeamsWithASharedValueOnly_IsNoProof()
    {
        var body = Encoding.UTF8.GetBytes("""{"value":[{"clientState":"s3cret"}]}""");
        var answer = await _scene.Actions.ReceiveAsync(Tenant, Settings, "teams", new HookDelivery { Method = "POST", Url = "https://x/", Query = [], Headers = [], Body = body }, default);
        Assert.Equal(401, answer.Status);
    }

    [Fact]
    public async Task ReceiveAsync_AccountOfNobody_AsksToSignIn()
    {
        _scene.Email = (null, true);
        await ClickAsync();
        Assert.Contains("https://steward.example/approvals#a-1", await _scene.AnsweredAsync(), StringComparison.Ordinal);
        Assert.Empty(_scene.Votes);
    }

    [Fact]
    public async Task ReceiveAsync_SomebodyWhoWasNotAsked_DecidesNothing()
    {
        _scene.Email = ("eve@acme.example", true);
        await ClickAsync();
        Assert.Equal(ClickAnswer.Text(ClickOutcome.NotYours, "en") + " https://steward.example/approvals#a-1", await _scene.AnsweredAsync());
        Assert.Empty(_scene.Votes);
    }

    [Fact]
    public async Task ReceiveAsync_ManyWereAsked_ReadsTheNoticesOfWhoeverClickedOnly()
    {
        for (var number = 0; number < 50; number++)
        {
            await _scene.ToldAsync($"u-{number}", $"p{number}@acme.example", address: $"p{number}@acme.example");
        }

        await ClickAsync();

        Assert.Equal("u-ada", Assert.Single(_scene.Votes).Caller.UserId);
        Assert.Equal((1, false), (_scene.Table.Calls["address"], _scene.Table.Calls.ContainsKey("subject")));
    }

    [Fact]
    public async Task ReceiveAsync_SlackIsNotReachedInTime_ShowsInTheLog()
    {
        _scene.Answering = () => throw new OperationCanceledException();

        await ClickAsync();

        await Conversing.UntilAsync(() => Task.FromResult(_scene.Log.Events.Contains(1946)));
    }

    [Fact]
    public async Task ReceiveAsync_OneAddressOfTwoPeople_DecidesNothing()
    {
        await _scene.ToldAsync("u-ada.two", "ada@acme.example");
        await ClickAsync();
        Assert.Empty(_scene.Votes);
    }

    [Fact]
    public async Task ReceiveAsync_DirectoryCannotBeAsked_SaysSo()
    {
        _scene.Email = (null, false);
        await ClickAsync();
        Assert.StartsWith(ClickAnswer.Text(ClickOutcome.Unavailable, "en"), await _scene.AnsweredAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReceiveAsync_Malformed_IsThankedAndTold()
    {
        var answer = await ClickAsync("""{"type":"block_actions","response_url":"https://hooks.slack.com/actions/1","actions":[]}""");
        Assert.Equal(200, answer.Status);
        Assert.Equal(ClickAnswer.Text(ClickOutcome.Malformed, "en"), await _scene.AnsweredAsync());
    }

    public static TheoryData<string, string, string, string> Refusals => new()
    {
        { ErrorCodes.Forbidden, "pending", Hash, nameof(ClickOutcome.NotYours) },
        { ErrorCodes.NotFound, "pending", Hash, nameof(ClickOutcome.NotYours) },
        { ErrorCodes.Conflict, "approved", Hash, nameof(ClickOutcome.AlreadyDecided) },
        { ErrorCodes.Conflict, "rejected", Hash, nameof(ClickOutcome.AlreadyDecided) },
        { ErrorCodes.Conflict, "expired", Hash, nameof(ClickOutcome.Expired) },
        { ErrorCodes.Conflict, "cancelled", Hash, nameof(ClickOutcome.Withdrawn) },
        { ErrorCodes.Conflict, "pending", "00000000", nameof(ClickOutcome.Changed) },
        { ErrorCodes.Unavailable, "pending", Hash, nameof(ClickOutcome.Unavailable) },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task ReceiveAsync_Refused_EachHasItsOwnAnswer(string code, string status, string hash, string outcome)
    {
        _scene.Refusal = new StewardException(code, "no");
        _scene.View = Scene.ViewOf(status, hash);
        await ClickAsync();
        var expected = ClickAnswer.Text(Enum.Parse<ClickOutcome>(outcome), "en", "approve", status, status is "approved" or "rejected" ? "Grace Hopper" : null);
        Assert.StartsWith(expected, await _scene.AnsweredAsync(), StringComparison.Ordinal);
        if (outcome == nameof(ClickOutcome.AlreadyDecided))
        {
            Assert.Contains("Grace Hopper", expected, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ReceiveAsync_DecisionTakesLong_SlackIsAnsweredInTimeAndThePersonLater()
    {
        var gate = new TaskCompletionSource();
        _scene.Deciding = gate.Task;
        var answer = await ClickAsync().WaitAsync(TimeSpan.FromSeconds(2.9));
        Assert.Equal(200, answer.Status);
        Assert.Empty(_scene.Answers);

        gate.SetResult();
        Assert.NotEmpty(await _scene.AnsweredAsync());
    }

    private Task<HookAnswer> ClickAsync(string? payload = null, string secret = Secret, int signedAfter = 0) =>
        _scene.Actions.ReceiveAsync(Tenant, Settings, "slack", Request(payload ?? Payload(), secret, signedAfter), default);

    private static string Payload() => JsonSerializer.Serialize(new
    {
        type = "block_actions",
        user = new { id = "U012ABCDEF" },
        team = new { id = "T012ABCDEF" },
        trigger_id = "1.2.3",
        response_url = "https://hooks.slack.com/actions/T012ABCDEF/1/x",
        container = new { channel_id = "D012ABCDEF", message_ts = "1767225600.000100" },
        actions = new[] { new { action_id = "steward.approve", action_ts = "1767225700.000200", value = JsonSerializer.Serialize(new { approval = "a-1", hash = Hash }) } },
    });

    private static HookDelivery Request(string payload, string secret = Secret, int signedAfter = 0)
    {
        var body = Encoding.UTF8.GetBytes("payload=" + Uri.EscapeDataString(payload));
        var at = TimeProvider.System.GetUtcNow().AddSeconds(signedAfter).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.UTF8.GetBytes($"v0:{at}:"), .. body]);
        return new HookDelivery
        {
            Method = "POST",
            Url = "https://steward.example/channels/t-acme/slack",
            Query = [],
            Headers = new() { ["X-Slack-Request-Timestamp"] = at, ["X-Slack-Signature"] = "v0=" + Convert.ToHexStringLower(signature), ["Content-Type"] = "application/x-www-form-urlencoded" },
            Body = body,
        };
    }

    /// <summary>Everything that actions work with, answering as it is told.</summary>
    private sealed class Scene : IHookTargets, IChannelPeople, ISlackResponder, IJwksSource
    {
        private static readonly WebhookTemplate Interactivity = new()
        {
            Id = "interactivity",
            Verification = new WebhookVerification
            {
                Kind = WebhookVerificationKind.Hmac, Header = "X-Slack-Signature", Prefix = "v0=", Payload = "v0:{timestamp}:{body}", TimestampHeader = "X-Slack-Request-Timestamp", Tolerance = TimeSpan.FromMinutes(5),
            },
            Body = WebhookBodyFormat.Form,
            EventIdPath = "trigger_id",
        };

        private static readonly WebhookTemplate Graph = new()
        {
            Id = "notifications", Verification = new WebhookVerification { Kind = WebhookVerificationKind.ClientState, Path = "value.*.clientState" }, Items = "value",
        };

        private readonly IdentityEnvelopeSigner _signer = new(ClusterKeyRing.Parse([Convert.ToBase64String(new byte[32])], "test"), TimeProvider.System);

        public Task<TimeSpan?> FindReplyWithinAsync(string tenantId, string instance, CancellationToken cancellationToken) => Task.FromResult<TimeSpan?>(null);

        public MemoryNotices Table { get; } = new();

        public EventLog Log { get; } = new();

        /// <summary>What posting an answer does first.</summary>
        public Action Answering { get; set; } = () => { };

        public Scene()
        {
            var grains = FoundGrains.Of(Find);
            var platform = new PlatformIdentity(_signer);
            var options = Options.Create(new NotificationOptions());
            var known = new KnownPreferences(grains, platform, options, TimeProvider.System);
            Actions = new ChannelActions(
                new ChannelRequests(this, new WebhookReceiver(new HookTokens(this, TimeProvider.System), TimeProvider.System)),
                this,
                Table,
                grains,
                platform,
                new ChannelPlans(known, Options.Create(new WebhookOptions { PublicAddress = new Uri("https://steward.example") })),
                this,
                TimeProvider.System,
                Log);
            ToldAsync("u-ada", "ada@acme.example").GetAwaiter().GetResult();
        }

        public ChannelActions Actions { get; }

        public IReadOnlyList<string>? Roles { get; set; } = [];

        public DateTimeOffset SeenAt { get; set; } = TimeProvider.System.GetUtcNow();

        public (string? Email, bool IsKnown) Email { get; set; } = ("ada@acme.example", true);

        public StewardException? Refusal { get; set; }

        public ApprovalView View { get; set; } = ViewOf("approved", Hash);

        public Task Deciding { get; set; } = Task.CompletedTask;

        public ConcurrentQueue<(DecideApproval Vote, EnvelopeIdentity Caller)> Votes { get; } = new();

        public ConcurrentBag<(string Queue, string Thread, string Engagement)> Engagements { get; } = [];

        public ConcurrentBag<string> Marks { get; } = [];

        public ConcurrentQueue<string> Answers { get; } = new();

        public async Task<string> AnsweredAsync()
        {
            await Conversing.UntilAsync(() => Task.FromResult(!Answers.IsEmpty));
            return Assert.Single(Answers);
        }

        public Task ToldAsync(string user, string email, string? address = null)
        {
            var notice = new Notice
            {
                NoticeId = $"n/{user}",
                TenantId = Tenant,
                Kind = NoticeKinds.ApprovalRequested,
                Recipient = new NoticeRecipient { UserId = user, Email = email, Name = "Ada Lovelace", Locale = "en" },
                ThreadId = $"a-1/{user}",
                SubjectId = "a-1",
                Data = JsonElement.Parse("{}"),
                CreatedAt = TimeProvider.System.GetUtcNow(),
            };
            return Table.AddAsync([new NoticeRow
            {
                TenantId = Tenant, NoticeId = notice.NoticeId, Channel = "slack", ThreadId = notice.ThreadId, SubjectId = "a-1", Kind = notice.Kind, Recipient = user,
                Document = JsonSerializer.Serialize(new QueueDocument { Notice = notice, NotBefore = notice.CreatedAt }, NoticeJson.Default.QueueDocument), CreatedAt = notice.CreatedAt, Delivery = "sent", IsOpen = false,
                Address = address,
            }]).AsTask();
        }

        public static ApprovalView ViewOf(string status, string hash) => new()
        {
            ApprovalId = "a-1",
            Status = status,
            SubjectHash = hash,
            Request = new SubmitApproval
            {
                Type = "x", Action = "okta.users.get", Arguments = "{}", Summary = "Give access", RequestedAt = TimeProvider.System.GetUtcNow(),
                Requester = new CallerIdentity { TenantId = Tenant, UserId = "u-bob", Email = "bob@acme.example" },
            },
            Levels =
            [
                new ApprovalLevelView
                {
                    Name = "Manager", State = "open", Required = 1, OpenedAt = TimeProvider.System.GetUtcNow(),
                    Approvers = [new ApproverView { Name = "Grace Hopper", UserId = "u-grace", Via = "named" }],
                    Votes = status is "approved" or "rejected" ? [new ApprovalVote { By = "u-grace", Decision = "approve", At = TimeProvider.System.GetUtcNow(), Channel = "api" }] : [],
                },
            ],
        };

        public Task<HookTarget?> FindAsync(string tenantId, string instance, CancellationToken cancellationToken) =>
            Task.FromResult<HookTarget?>(new HookTarget([instance == "slack" ? Interactivity : Graph], new Dictionary<string, string>(), [new SecretText(instance == "slack" ? Secret : "s3cret")]));

        public Task<(string? Email, bool IsKnown)> FindAsync(string tenantId, NotificationChannel channel, ChannelClick click, CancellationToken cancellationToken) => Task.FromResult(Email);

        public Task<bool> TryAnswerAsync(Uri responseUrl, string text, Uri? instanceAddress, CancellationToken cancellationToken)
        {
            Answering();
            Answers.Enqueue(text);
            return Task.FromResult(true);
        }

        public ValueTask<JsonWebKeySet> GetAsync(JwtIssuerOptions issuer, bool refresh, CancellationToken cancellationToken) => throw new NotSupportedException();

        private async Task<ApprovalView> DecideAsync(DecideApproval vote)
        {
            Assert.True(_signer.TryVerify(Orleans.Runtime.RequestContext.Get(IdentityContext.Key) as string, out var caller, out _));
            await Deciding;
            Votes.Enqueue((vote, caller!));
            return Refusal is { } refusal ? throw refusal : View;
        }

        private object Find(Type type, string key) =>
            type == typeof(IPersonGrain) ? FakeGrain.Of<IPersonGrain>((_, _) => Task.FromResult(Roles is { } roles ? new PersonSeen { At = SeenAt, Roles = roles } : null))
            : type == typeof(IApprovalGrain) ? FakeGrain.Of<IApprovalGrain>((method, call) => method.Name == "Decide" ? DecideAsync((DecideApproval)call[0]!) : Task.FromResult(View))
            : type == typeof(IInboxGrain) ? FakeGrain.Of<IInboxGrain>((_, call) => Noted(() => Marks.Add(((MarkInbox)call[0]!).ActedOn!)))
            : FakeGrain.Of<INotificationQueueGrain>((_, call) => Noted(() => Engagements.Add((key, (string)call[0]!, (string)call[1]!))));

        private static Task Noted(Action note)
        {
            note();
            return Task.CompletedTask;
        }
    }
}

/// <summary>Remembers which events were logged.</summary>
internal sealed class EventLog : ILogger<ChannelActions>
{
    public ConcurrentBag<int> Events { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Events.Add(eventId.Id);
}

/// <summary>Grains that one function finds.</summary>
public class FoundGrains : DispatchProxy
{
    private Func<Type, string, object> _find = (_, _) => throw new NotSupportedException();

    internal static IGrainFactory Of(Func<Type, string, object> find)
    {
        var grains = Create<IGrainFactory, FoundGrains>();
        ((FoundGrains)(object)grains)._find = find;
        return grains;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => _find(targetMethod!.GetGenericArguments()[0], (string)args![0]!);
}
