using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace Steward.Engines.Connectors.Tests;

/// <summary>What is known after each way in which an exchange can end, at the wire.</summary>
public sealed class OutcomeTests : IAsyncLifetime
{
    private static readonly object Reset = new { userId = "00u1" };

    private FakeVendor _vendor = null!;

    public async Task InitializeAsync() => _vendor = await FakeVendor.StartAsync();

    public async Task DisposeAsync() => await _vendor.DisposeAsync();

    private static Task User(HttpContext http) => FakeVendor.Json(http, """{"id":"00u1","status":"ACTIVE","profile":{"login":"a@b.c"}}""");

    private static void Cut(HttpContext http) => http.Abort();

    [Fact]
    public async Task Write_ConnectionCutOverAWarmConnection_IsUnknownAndSentOnce()
    {
        // A handler may repeat a request without a body when a pooled connection breaks; a password must not be reset twice.
        _vendor.Answer = (request, http) =>
        {
            if (request.Method == "POST")
            {
                Cut(http);
                return Task.CompletedTask;
            }

            return User(http);
        };
        using var okta = Connected.ToOkta(_vendor.Url);
        for (var i = 0; i < 3; i++)
        {
            await okta.ResultAsync("okta.users.get", new { userId = "00u1" });
        }

        var outcome = await okta.ExecuteAsync("okta.users.reset_password", Reset);

        Assert.IsType<ActionUnknown>(outcome);
        Assert.Single(_vendor.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task Write_WarmConnectionClosedInOrderWithoutAnAnswer_IsUnknownAndSentOnce()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var stop = new CancellationTokenSource();
        var posts = 0;
        var server = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    using var client = await listener.AcceptTcpClientAsync(stop.Token);
                    using var reader = new StreamReader(client.GetStream());
                    while (await reader.ReadLineAsync(stop.Token) is { } line)
                    {
                        var isPost = line.StartsWith("POST", StringComparison.Ordinal);
                        while (await reader.ReadLineAsync(stop.Token) is { Length: > 0 })
                        {
                        }

                        if (isPost)
                        {
                            // The action is done; the connection ends with FIN, not with a reset, before any answer.
                            posts++;
                            break;
                        }

                        await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"id\":\"00u1\"}"u8.ToArray(), stop.Token);
                    }
                }
            }
            catch (OperationCanceledException)
            {
            }
        });
        using var okta = Connected.ToOkta(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));
        await okta.ResultAsync("okta.users.get", Reset);

        var outcome = await okta.ExecuteAsync("okta.users.reset_password", Reset);

        await stop.CancelAsync();
        await server;
        Assert.IsType<ActionUnknown>(outcome);
        Assert.Equal(1, posts);
    }

    [Fact]
    public async Task Write_BodyCutOverAWarmConnection_IsUnknownAndSentOnce()
    {
        _vendor.Answer = (request, http) =>
        {
            if (request.Method == "POST")
            {
                Cut(http);
                return Task.CompletedTask;
            }

            return FakeVendor.Json(http, """{"key":"IT-1","id":"1","fields":{}}""");
        };
        using var jira = Connected.ToJira(_vendor.Url);
        await jira.ResultAsync("jira.issues.get", new { key = "IT-1" });

        var outcome = await jira.ExecuteAsync("jira.issues.create", new { project = "IT", issueType = "Task", summary = "s", description = "d" });

        Assert.IsType<ActionUnknown>(outcome);
        Assert.Single(_vendor.Requests, request => request.Method == "POST");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(408)]
    public async Task ServerError_OnAWriteIsUnknown_OnAReadIsRetryable(int status)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"errorSummary":"x"}""", status);
        using var okta = Connected.ToOkta(_vendor.Url);

        Assert.IsType<ActionUnknown>(await okta.ExecuteAsync("okta.users.reset_password", Reset));
        var failure = await okta.FailureAsync("okta.users.get", Reset);
        Assert.Equal(("unavailable", true), (failure.Code, failure.IsRetryable));
    }

    [Fact]
    public async Task Read_ConnectionCut_IsRetryable()
    {
        _vendor.Answer = (_, http) =>
        {
            Cut(http);
            return Task.CompletedTask;
        };
        using var okta = Connected.ToOkta(_vendor.Url);

        var failure = await okta.FailureAsync("okta.users.get", Reset);

        Assert.Equal(("unavailable", true), (failure.Code, failure.IsRetryable));
    }

    [Fact]
    public async Task Write_NobodyListens_CertainlyDidNothing()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        listener.Stop();
        using var okta = Connected.ToOkta(url);

        var failure = await okta.FailureAsync("okta.users.reset_password", Reset);

        Assert.Equal(("unavailable", true), (failure.Code, failure.IsRetryable));
        Assert.Contains("ConnectionError", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_NameDoesNotResolve_CertainlyDidNothing()
    {
        using var okta = Connected.ToOkta(new Uri("https://no-such-host.invalid"));

        var failure = await okta.FailureAsync("okta.users.reset_password", Reset);

        Assert.Equal(("unavailable", true), (failure.Code, failure.IsRetryable));
    }

    [Fact]
    public async Task Write_TlsAgainstAPlainServer_CertainlyDidNothing()
    {
        using var okta = Connected.ToOkta(new UriBuilder(_vendor.Url) { Scheme = "https" }.Uri);

        var failure = await okta.FailureAsync("okta.users.reset_password", Reset);

        Assert.Equal(("unavailable", true), (failure.Code, failure.IsRetryable));
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task SilentServer_TimeUp_WriteIsUnknownAndReadIsTimeout()
    {
        // The first answer leaves a warm connection, so that the write is sent at once also on a busy machine.
        _vendor.Answer = (_, http) => _vendor.Requests.Count == 1 ? User(http) : Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        using var okta = Connected.ToOkta(_vendor.Url, TimeSpan.FromSeconds(1));
        await okta.ResultAsync("okta.users.get", Reset);

        Assert.IsType<ActionUnknown>(await okta.ExecuteAsync("okta.users.reset_password", Reset));
        var failure = await okta.FailureAsync("okta.users.get", Reset);
        Assert.Equal(("timeout", true), (failure.Code, failure.IsRetryable));
    }

    [Fact]
    public async Task SilentServer_DeadlineBeforeTheTimeout_EndsAtTheDeadline()
    {
        _vendor.Answer = (_, http) => Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        using var okta = Connected.ToOkta(_vendor.Url, TimeSpan.FromMinutes(1));
        var request = Connected.Request("okta.users.get", Reset, deadline: TimeProvider.System.GetUtcNow().AddMilliseconds(200));

        var failure = Assert.IsType<ActionFailed>(await okta.Tenant.ExecuteAsync(request, default));

        Assert.Equal("timeout", failure.Code);
    }

    [Fact]
    public async Task DeadlineHasPassed_NothingIsSent()
    {
        using var okta = Connected.ToOkta(_vendor.Url);
        var request = Connected.Request("okta.users.reset_password", Reset, deadline: TimeProvider.System.GetUtcNow().AddSeconds(-1));

        var failure = Assert.IsType<ActionFailed>(await okta.Tenant.ExecuteAsync(request, default));

        Assert.Equal(("timeout", true), (failure.Code, failure.IsRetryable));
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task CallerCancels_WriteIsUnknownAndReadThrows()
    {
        var arrived = new SemaphoreSlim(0);
        _vendor.Answer = (_, http) =>
        {
            arrived.Release();
            return Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        using var okta = Connected.ToOkta(_vendor.Url);
        using var stopWrite = new CancellationTokenSource();
        using var stopRead = new CancellationTokenSource();

        var write = okta.ExecuteAsync("okta.users.reset_password", Reset, cancellationToken: stopWrite.Token);
        await arrived.WaitAsync();
        await stopWrite.CancelAsync();
        Assert.IsType<ActionUnknown>(await write);

        var read = okta.ExecuteAsync("okta.users.get", Reset, cancellationToken: stopRead.Token);
        await arrived.WaitAsync();
        await stopRead.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    [Theory]
    [InlineData("201 Created", "unknown")]
    [InlineData("403 Forbidden", "forbidden")]
    [InlineData("503 Service Unavailable", "unknown")]
    public async Task Write_CutInTheMiddleOfTheAnswer_TheStatusDecides(string status, string expected)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var server = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            await using var stream = client.GetStream();
            var request = new System.Text.StringBuilder();
            var buffer = new byte[4096];
            while (!request.ToString().EndsWith("}}", StringComparison.Ordinal))
            {
                request.Append(System.Text.Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
            }

            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"));
        });
        using var jira = Connected.ToJira(new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"));

        var outcome = await jira.ExecuteAsync("jira.issues.create", new { project = "IT", issueType = "Task", summary = "s", description = "d" });

        await server;
        Assert.Equal(expected, outcome is ActionFailed failed ? failed.Code : "unknown");
        Assert.IsNotType<ActionSucceeded>(outcome);
    }

    [Fact]
    public async Task Reconcile_RequestStillAtWorkInTheSystem_IsFoundByTheSecondLook()
    {
        const string Incident = """{"result":[{"sys_id":{"value":"1"},"number":{"value":"INC1"},"email":{"value":"a@b.example"},"correlation_id":{"value":"a-1"}}]}""";
        var looks = 0;
        _vendor.Answer = async (request, http) =>
        {
            if (request.Method == "POST")
            {
                // The client gives up, the system does not: the incident appears after the first look.
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
                return;
            }

            var isLook = request.Parameter("sysparm_query")!.StartsWith("correlation_id=", StringComparison.Ordinal);
            await FakeVendor.Json(http, !isLook || ++looks > 1 ? Incident : """{"result":[]}""");
        };
        using var serviceNow = new Connected(
            tenant => tenant.ServiceNow = new ServiceNowOptions { BaseUrl = _vendor.Url, User = "steward", Password = new Security.SecretText(Connected.Secret) },
            timeout: TimeSpan.FromSeconds(1), settleDelay: TimeSpan.FromMilliseconds(10));
        var incident = new { shortDescription = "s", description = "d", callerEmail = "a@b.example", category = "network", impact = 2, urgency = 2 };

        var sentAt = TimeProvider.System.GetUtcNow();
        Assert.IsType<ActionUnknown>(await serviceNow.ExecuteAsync("servicenow.incidents.create", incident));
        var outcome = await serviceNow.ReconcileAsync("servicenow.incidents.create", incident, sentAt);

        Assert.Equal("INC1", Assert.IsType<ReconciledDone>(outcome).Result.GetProperty("number").GetString());
        Assert.Equal(2, looks);
    }

    [Fact]
    public async Task HugeAnswer_ReadIsBadResponseAndWriteIsUnknown()
    {
        _vendor.Answer = async (request, http) =>
        {
            http.Response.StatusCode = request.Method == "POST" ? 201 : 200;
            var chunk = new byte[64 * 1024];
            Array.Fill(chunk, (byte)' ');
            for (var i = 0; i < 80 && !http.RequestAborted.IsCancellationRequested; i++)
            {
                await http.Response.Body.WriteAsync(chunk);
            }
        };
        using var jira = Connected.ToJira(_vendor.Url);

        Assert.Equal("bad_response", (await jira.FailureAsync("jira.issues.get", new { key = "IT-1" })).Code);
        Assert.IsType<ActionUnknown>(await jira.ExecuteAsync("jira.issues.create", new { project = "IT", issueType = "Task", summary = "s", description = "d" }));
    }

    [Fact]
    public async Task SuccessThatIsNoJson_ReadIsBadResponseAndWriteIsUnknown()
    {
        // A sleeping instance or a proxy answers 200 with a page.
        _vendor.Answer = (_, http) => http.Response.WriteAsync("<html>Your instance is hibernating</html>");
        using var jira = Connected.ToJira(_vendor.Url);

        Assert.Equal("bad_response", (await jira.FailureAsync("jira.issues.get", new { key = "IT-1" })).Code);
        Assert.IsType<ActionUnknown>(await jira.ExecuteAsync("jira.issues.create", new { project = "IT", issueType = "Task", summary = "s", description = "d" }));
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        await using var elsewhere = await FakeVendor.StartAsync();
        _vendor.Answer = (_, http) =>
        {
            http.Response.StatusCode = 307;
            http.Response.Headers.Location = elsewhere.Url.ToString();
            return Task.CompletedTask;
        };
        using var okta = Connected.ToOkta(_vendor.Url);

        Assert.Equal("bad_response", (await okta.FailureAsync("okta.users.get", Reset)).Code);
        Assert.Equal("bad_response", (await okta.FailureAsync("okta.users.reset_password", Reset)).Code);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task NextPageOnAnotherHost_IsNotAskedFor()
    {
        await using var elsewhere = await FakeVendor.StartAsync();
        _vendor.Answer = (request, http) =>
        {
            http.Response.Headers.Link = $"<{elsewhere.Url}{request.Path[1..]}?after=1>; rel=\"next\"";
            return FakeVendor.Json(http, "[]");
        };
        using var okta = Connected.ToOkta(_vendor.Url);

        Assert.Equal("bad_response", (await okta.FailureAsync("okta.users.groups", Reset)).Code);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task SecretEchoedByTheServer_IsInNoMessageAndNoLog()
    {
        _vendor.Answer = (request, http) => FakeVendor.Json(http, $$"""{"errorCode":"E0000001","errorSummary":"bad header {{request.Authorization}} and {{Uri.EscapeDataString(Connected.Secret)}}"}""", 400);
        using var okta = Connected.ToOkta(_vendor.Url);

        var failure = await okta.FailureAsync("okta.users.get", Reset);

        Assert.Equal("Okta: bad header SSWS *** and ***", failure.Message);
        Assert.Contains("okta.users.get", okta.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", okta.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("00u1", okta.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndlessErrorText_IsCutShort()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, $$"""{"errorSummary":"{{new string('x', 100_000)}}\u0000\u001b[31m"}""", 400);
        using var okta = Connected.ToOkta(_vendor.Url);

        var failure = await okta.FailureAsync("okta.users.get", Reset);

        Assert.InRange(failure.Message.Length, 100, 400);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }
}
