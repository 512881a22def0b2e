using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Sandbox;

namespace Steward.Client.Tests;

public sealed class HttpSandboxClientTests
{
    private static readonly SandboxExecution Ended = new()
    {
        Id = "x-1",
        State = SandboxState.TimedOut,
        Language = "python",
        CodeHash = "00",
        RequestedAt = DateTimeOffset.UnixEpoch,
        Deadline = DateTimeOffset.UnixEpoch.AddSeconds(90),
        EndedAt = DateTimeOffset.UnixEpoch.AddSeconds(30),
        IsDestroyed = true,
        LastSequence = 4,
        Result = new SandboxResult
        {
            Code = "timed_out",
            Reason = "too long",
            LimitsHit = ["wall_time"],
            Text = "1\n",
            Tables = [new SandboxTableResult { Columns = ["n"], Types = ["integer"], Rows = "[[1]]", TotalRows = 1 }],
            Files = [new SandboxFileInfo { Name = "a b.txt", Kind = "file", Bytes = 2, Hash = "11" }],
            Provider = "namespaces",
            RunningMs = 30_000,
        },
    };

    private readonly Gateway _gateway = new();

    private ISandboxClient Client => new HttpStewardUserClient(
        _gateway,
        Options.Create(new StewardHttpClientOptions { Token = static _ => ValueTask.FromResult("token") }),
        Options.Create(new StewardClientOptions()),
        TimeProvider.System,
        NullLogger<HttpStewardUserClient>.Instance).Sandbox;

    [Fact]
    public async Task Get_AnEndedExecution_GivesAllOfIt()
    {
        _gateway.Answer("GET /v1/sandbox/executions/x-1", "application/json", Json(Ended));
        var read = await Client.GetAsync("x-1");
        Assert.Equal(Json(Ended), Json(read));
        Assert.Equal((SandboxState.TimedOut, true), (read.State, read.HasEnded));
    }

    [Fact]
    public async Task Start_WithFiles_SendsThemOnceWithAnOperation()
    {
        _gateway.Answer("POST /v1/sandbox/executions", "application/json", Json(Ended));
        await Client.StartAsync(new StartSandboxExecution { Language = "python", Code = "1", Files = [new SandboxInputFile { Name = "a", Content = [1] }] }, "op-7");
        using var sent = JsonDocument.Parse(_gateway.Body);
        Assert.Equal(("op-7", "AQ=="), (sent.RootElement.GetProperty("operationId").GetString(), sent.RootElement.GetProperty("files")[0].GetProperty("content").GetString()));
    }

    [Fact]
    public async Task Watch_EventsToTheEnd_GivesThemInOrder()
    {
        _gateway.Answer("GET /v1/sandbox/executions/x-1/events", "text/event-stream", """
            id: 3
            event: text
            data: {"sequence":3,"kind":"text","state":"running","text":"1\n"}

            id: 4
            event: ended
            data: {"sequence":4,"kind":"ended","state":"timed_out"}


            """.ReplaceLineEndings("\n"));
        var events = new List<SandboxEvent>();
        await foreach (var next in Client.WatchAsync("x-1", 2))
        {
            events.Add(next);
        }

        Assert.Equal([(3, SandboxEventKind.Text, "1\n"), (4, SandboxEventKind.Ended, null)], events.Select(next => (next.Sequence, next.Kind, next.Text)));
    }

    [Fact]
    public async Task ReadFile_ANameWithASpace_AsksForItEscaped()
    {
        _gateway.Answer("GET /v1/sandbox/executions/x-1/files/a%20b.txt", "application/octet-stream", "hi");
        Assert.Equal("hi"u8.ToArray(), await Client.ReadFileAsync("x-1", "a b.txt"));
    }

    [Fact]
    public async Task Get_AFieldOfANewerGateway_IsPassedOver()
    {
        _gateway.Answer("GET /v1/sandbox/executions/x-1", "application/json", Json(Ended).Insert(1, "\"newer\":1,"));
        Assert.Equal(Json(Ended), Json(await Client.GetAsync("x-1")));
    }

    [Fact]
    public async Task Get_AStateThatIsUnknown_IsUnreadable()
    {
        _gateway.Answer("GET /v1/sandbox/executions/x-1", "application/json", Json(Ended).Replace("timed_out\",\"language", "odd\",\"language", StringComparison.Ordinal));
        Assert.Equal(ErrorCodes.Internal, (await Assert.ThrowsAsync<StewardException>(() => Client.GetAsync("x-1"))).Code);
    }

    private static string Json(SandboxExecution execution) => JsonSerializer.Serialize(SandboxWireMapping.ToResource(execution), SandboxWireJson.Default.ExecutionResource);

    private sealed class Gateway : HttpMessageHandler, IHttpClientFactory
    {
        private readonly Dictionary<string, (string Type, string Content)> _answers = [];

        public string Body { get; private set; } = "";

        public void Answer(string request, string type, string content) => _answers[request] = (type, content);

        public HttpClient CreateClient(string name) => new(this, disposeHandler: false) { BaseAddress = new Uri("http://gateway/") };

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            return _answers.TryGetValue($"{request.Method} {request.RequestUri!.AbsolutePath}", out var answer)
                ? new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(answer.Content, Encoding.UTF8, answer.Type) }
                : new HttpResponseMessage(HttpStatusCode.NotFound);
        }
    }
}
