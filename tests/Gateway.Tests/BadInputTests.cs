using System.Net;
using System.Net.Sockets;
using System.Text;
using static Steward.Gateway.Tests.GatewayFixture;

namespace Steward.Gateway.Tests;

public class BadInputTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Theory]
    [InlineData("{", "line 1")]
    [InlineData("", "line 1")]
    [InlineData("nonsense", "line 1, position 2")]
    [InlineData("{\"text\":\"a\",}", "line 1, position 13")]
    [InlineData("{\n\"text\": 'a'}", "line 2, position 9")]
    [InlineData("{\"text\":\"a\"} trailing", "line 1, position 14")]
    [InlineData("{/* no comments */}", "line 1, position 2")]
    public async Task Body_MalformedJson_IsRefusedWithThePlace(string body, string place)
    {
        using var response = await Submit(body);

        var problem = await AssertProblem(response, 400, "invalid_argument");
        Assert.Contains(place, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("not valid JSON", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"text":"a","txet":"b"}""", "txet", "text, operationId, deadline, doubleTexting")]
    [InlineData("""{"Text":"a"}""", "Text", "is not a field")]
    [InlineData("""{"text":5}""", "text", "must be a string")]
    [InlineData("""{"text":null}""", "text", "must be a string")]
    [InlineData("""{"text":"\ud800"}""", "text", "must be a string")]
    [InlineData("""{"text":["a"]}""", "text", "must be a string")]
    [InlineData("""{"text":"a","text":"b"}""", "text", "must not appear twice")]
    [InlineData("""{"text":"a","deadline":"tomorrow"}""", "deadline", "must be a date and time")]
    [InlineData("""{"text":"a","doubleTexting":"maybe"}""", "doubleTexting", "must be one of enqueue, reject")]
    [InlineData("""{"text":"a","doubleTexting":1}""", "doubleTexting", "must be one of enqueue, reject")]
    [InlineData("""{"text":"a","doubleTexting":"rollBack"}""", "doubleTexting", "must be one of enqueue, reject, interrupt, roll_back")]
    [InlineData("""{"text":"a","strategy":"magic"}""", "strategy", "must be one of direct, playbook, react, plan")]
    [InlineData("""{"text":"a","background":"yes"}""", "background", "must be true or false")]
    [InlineData("""{"text":"a","limits":[]}""", "limits", "must be an object")]
    [InlineData("""{"text":"a","limits":{"step":3}}""", "limits.step", "steps, modelCalls, tokens, costUsd, seconds")]
    [InlineData("""{"text":"a","limits":{"steps":"3"}}""", "limits.steps", "must be a whole number")]
    [InlineData("""{"text":"a","limits":{"costUsd":null,"costUsd":1}}""", "limits.costUsd", "must not appear twice")]
    [InlineData("""{"text":""}""", "text", "1 to 32,000")]
    [InlineData("""{}""", "text", "1 to 32,000")]
    public async Task Body_WrongField_IsRefusedByNameWithWhatIsAllowed(string body, string field, string allowed)
    {
        using var response = await Submit(body);

        var problem = await AssertProblem(response, 400, "invalid_argument", field);
        Assert.Contains(allowed, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Steward.", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    public async Task Body_NoObject_IsRefused(string body)
    {
        using var response = await Submit(body);

        var problem = await AssertProblem(response, 400, "invalid_argument");
        Assert.Contains("must be a JSON object", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_DeeplyNested_IsRefused()
    {
        using var response = await Submit("{\"text\":" + new string('[', 5000) + new string(']', 5000) + "}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_argument", (await BodyOf(response)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Body_InvalidUtf8_IsRefused()
    {
        using var content = new ByteArrayContent([.. "{\"text\":\""u8, 0xFF, 0xFE, .. "\"}"u8]) { Headers = { ContentType = new("application/json") } };
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/sessions/s-1/messages", content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData(null)]
    public async Task Body_OfAnotherKind_Is415(string? contentType)
    {
        using var content = new ByteArrayContent("{\"text\":\"a\"}"u8.ToArray());
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        using var ada = gateway.As();
        using var response = await ada.PostAsync("/v1/sessions/s-1/messages", content);

        var problem = await AssertProblem(response, 415, "unsupported_media_type", "Content-Type");
        Assert.Contains("application/json", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_10Megabytes_Is413()
    {
        using var ada = gateway.As();
        ada.DefaultRequestHeaders.ExpectContinue = true;
        using var content = Json("{\"text\":\"" + new string('x', 10 * 1024 * 1024) + "\"}");

        using var response = await ada.PostAsync("/v1/sessions/s-1/messages", content);

        await AssertProblem(response, 413, "too_large");
    }

    [Fact]
    public async Task Body_10MegabytesInChunks_Is413()
    {
        var request = $"POST /v1/sessions/s-1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {gateway.Token()}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

        var answer = await RawAsync(async stream =>
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
            var chunk = Encoding.ASCII.GetBytes("10000\r\n" + new string('x', 65536) + "\r\n");
            try
            {
                for (var i = 0; i < 160; i++)
                {
                    await stream.WriteAsync(chunk);
                }
            }
            catch (IOException)
            {
                // The server may close the connection as soon as it has seen enough.
                return;
            }
        });

        Assert.StartsWith("HTTP/1.1 413", answer, StringComparison.Ordinal);
        Assert.Contains("too_large", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_AtTheLimit_IsRead()
    {
        // 256 KiB in all, of which the text is too long for a message: the body itself was accepted.
        using var response = await Submit("{\"text\":\"" + new string('x', (256 * 1024) - 12) + "\"}");

        await AssertProblem(response, 400, "invalid_argument", "text");
    }

    [Theory]
    [InlineData("/v1/sessions/S-1", "sessionId")]
    [InlineData("/v1/sessions/s-1%2F..%2Fs-2", "sessionId")]
    [InlineData("/v1/sessions/s-", "sessionId")]
    [InlineData("/v1/sessions/s-1?after=-1", "after")]
    [InlineData("/v1/sessions/s-1?after=x", "after")]
    [InlineData("/v1/sessions/s-1?after=99999999999999999999", "after")]
    [InlineData("/v1/sessions/s-1?limit=0", "limit")]
    [InlineData("/v1/sessions/s-1?limit=201", "limit")]
    [InlineData("/v1/runs/x", "runId")]
    [InlineData("/v1/runs/r-%20", "runId")]
    [InlineData("/v1/runs/r-1/events?after=1.5", "after")]
    public async Task Path_WithBadValue_IsRefusedByName(string path, string field)
    {
        using var ada = gateway.As();

        using var response = await ada.GetAsync(path);

        await AssertProblem(response, 400, "invalid_argument", field);
    }

    [Fact]
    public async Task CreateSession_BadId_IsRefusedByName()
    {
        using var ada = gateway.As();

        using var response = await ada.PostAsync("/v1/sessions", Json("""{"sessionId":"Session 1"}"""));

        await AssertProblem(response, 400, "invalid_argument", "sessionId");
    }

    [Theory]
    [InlineData("GET", "/v2/sessions", 404)]
    [InlineData("GET", "/v1", 404)]
    [InlineData("GET", "/etc/passwd", 404)]
    [InlineData("GET", "/..%2f..%2fetc/passwd", 404)]
    [InlineData("DELETE", "/v1/sessions/s-1", 405)]
    [InlineData("GET", "/v1/sessions/s-1/messages", 405)]
    [InlineData("PUT", "/healthz", 405)]
    public async Task Path_NotThere_IsAProblem(string method, string path, int status)
    {
        using var ada = gateway.As();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await ada.SendAsync(request);

        await AssertProblem(response, status, "no_such_operation");
        Assert.Equal(status == 405, response.Content.Headers.Allow.Count > 0);
    }

    [Fact]
    public async Task Headers_TooLarge_Is431WithAProblem()
    {
        using var ada = gateway.As();
        ada.DefaultRequestHeaders.Add("X-Large", new string('x', 40_000));

        using var response = await ada.GetAsync("/v1/me");

        await AssertProblem(response, 431, "headers_too_large");
    }

    [Fact]
    public async Task Headers_FarTooLarge_AreCutOffByTheServer()
    {
        var answer = await RawAsync(async stream =>
        {
            try
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /v1/me HTTP/1.1\r\nHost: localhost\r\nX-Large: {new string('x', 200_000)}\r\n\r\n"));
            }
            catch (IOException)
            {
                // The server may close the connection as soon as it has seen enough.
                return;
            }
        });

        Assert.StartsWith("HTTP/1.1 431", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_NotHttp_IsAnsweredWith400()
    {
        var answer = await RawAsync(stream => stream.WriteAsync("nonsense\r\n\r\n"u8.ToArray()).AsTask());

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_OfAllKinds_CarrySecurityHeadersAndNoServerName()
    {
        foreach (var path in new[] { "/", "/healthz", "/v1/me", "/nowhere", "/openapi/v1.json", "/metrics" })
        {
            using var response = await gateway.Anonymous.GetAsync(path);

            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            Assert.Contains("frame-ancestors 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
            Assert.Equal("no-referrer", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
            Assert.False(response.Headers.Contains("Server"));
            Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    private async Task<HttpResponseMessage> Submit(string body)
    {
        gateway.Cluster.Sessions["t-acme/u-ada/s-1"] = new FakeSession("s-1", null);
        var before = gateway.Cluster.Submitted.Count;
        using var ada = gateway.As();
        var response = await ada.PostAsync("/v1/sessions/s-1/messages", Json(body));
        Assert.Equal(before, gateway.Cluster.Submitted.Count);
        return response;
    }

    private async Task<string> RawAsync(Func<NetworkStream, Task> send)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        var stream = socket.GetStream();
        var sending = send(stream);
        var buffer = new byte[8192];
        var answer = new StringBuilder();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            while (!answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) || answer.ToString().Contains("problem+json", StringComparison.Ordinal) && !answer.ToString().EndsWith('}'))
            {
                var read = await stream.ReadAsync(buffer, patience.Token);
                if (read == 0)
                {
                    break;
                }

                answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // Reset after the answer was sent: what has come counts.
            Assert.NotEqual(0, answer.Length);
        }

        socket.Close();
        await sending.ContinueWith(static _ => { }, TaskScheduler.Default);
        return answer.ToString();
    }
}
