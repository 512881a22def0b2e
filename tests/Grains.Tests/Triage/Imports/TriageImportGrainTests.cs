using System.Text;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Imports;

public class TriageImportGrainTests : IClassFixture<ImportCluster>
{
    private readonly ImportCluster _cluster;
    private readonly string _tenant = "t-" + Guid.NewGuid().ToString("n")[..12];

    public TriageImportGrainTests(ImportCluster cluster)
    {
        _cluster = cluster;
        SignIn();
    }

    [Fact]
    public async Task AddPart_WholeFile_HandsInEachRowAndNamesThoseThatCannotBeUsed()
    {
        const string Secret = "geheim";
        var text = $"id,short_description,description,category,opened_at,group\r\nservicenow:1,VPN,\"It is, down\",network,2026-01-31 09:30:00,Network\r\n2,{Secret},,,,\r\n3,Mail,\"two\nlines\",,,Mail\r\n"
            + $"4,{Secret},\0,,,Mail\r\n5,{Secret},,,yesterday,Mail\r\n6,{Secret},x,,,refused\r\n7,,,,,Mail\r\n{new string('8', 201)},{Secret},,,,Mail\r\n9,Printer,,,,Print\r\n";

        var ended = await ImportAsync("m-1", text);

        Assert.Equal((TriageImportState.Done, 3L, 6L), (ended.State, ended.Rows, ended.BadRows));
        Assert.Equal((ended.Bytes, (long)Encoding.UTF8.GetByteCount(text)), (ended.BytesRead, ended.Bytes));
        Assert.Equal(
            [
                "has no label.",
                "has a NUL character.",
                "has an opened_at that is no date and time such as 2026-01-31T12:00:00Z.",
                "label: is not one of the groups.",
                "has no text.",
                "has an id of more than 200 characters.",
            ],
            ended.Problems.Select(problem => problem.Problem));
        Assert.Equal([3, 6, 7, 8, 9, 10], ended.Problems.Select(problem => problem.Line));
        Assert.DoesNotContain(Secret, string.Concat(ended.Problems), StringComparison.Ordinal);
        var labels = _cluster.Labels.Of(_tenant);
        Assert.Equal(["3", "9", "servicenow:1"], labels.Keys.Order(StringComparer.Ordinal));
        var first = labels["servicenow:1"];
        Assert.Equal(("Network", TriageLabelSource.Import, "u-admin"), (first.Label, first.Source, first.By));
        Assert.Equal(("servicenow:1", "VPN", "It is, down", "network", null), (first.Ticket!.Id, first.Ticket.ShortDescription, first.Ticket.Description, first.Ticket.Category, first.Ticket.Priority));
        Assert.Equal(DateTimeOffset.Parse("2026-01-31T09:30:00Z", null), first.Ticket.OpenedAt);
    }

    [Fact]
    public async Task AddPart_HourOfTheDay_GoesWithTheTicketUnlessItsTimeIsKnown()
    {
        await ImportAsync("m-hour", "id,text,hour,opened_at,label\na,vpn,22,,Network\nb,vpn,22,2026-01-31T09:30:00Z,Network\nc,vpn,,,Network\n");

        var labels = _cluster.Labels.Of(_tenant);
        Assert.Equal((22, null, null), (labels["a"].Ticket!.Hour, labels["b"].Ticket!.Hour, labels["c"].Ticket!.Hour));
        Assert.Equal([22, 9, null], new[] { "a", "b", "c" }.Select(id => labels[id].Ticket!.Read(TimeZoneInfo.Utc).Hour));
    }

    [Fact]
    public async Task AddPart_FileCutAnywhere_IsTheSameFile()
    {
        var bytes = Encoding.UTF8.GetBytes("text,label\n" + string.Concat(Enumerable.Range(0, 200).Select(row => $"Ärger mit dem Gerät {row} 🖨,Drucker\n")));
        var import = _cluster.Import(_tenant, "m-cut");
        var part = 0;
        for (var at = 0; at < bytes.Length; at += 997)
        {
            await import.AddPart(part++, bytes[at..Math.Min(at + 997, bytes.Length)], isLast: false);
        }

        await import.AddPart(part, [], isLast: true);
        var ended = await EndAsync(import);

        Assert.Equal((TriageImportState.Done, 200L, 0L), (ended.State, ended.Rows, ended.BadRows));
        Assert.Contains("Ärger mit dem Gerät 77 🖨", _cluster.Labels.Of(_tenant).Values.Select(label => label.Ticket!.Description));
        Assert.Equal(TriageImportState.Done, (await import.AddPart(part - 1, bytes[((part - 1) * 997)..], isLast: true)).State);
    }

    [Fact]
    public async Task AddPart_AgainOrOutOfOrder_IsHarmlessOrAConflict()
    {
        var import = _cluster.Import(_tenant, "m-order");
        await ThrowsAsync(ErrorCodes.Conflict, () => import.AddPart(1, "a"u8.ToArray(), isLast: false));
        await ThrowsAsync(ErrorCodes.InvalidArgument, () => import.AddPart(0, [], isLast: true));
        await import.AddPart(0, "text,label\n"u8.ToArray(), isLast: false);
        await import.AddPart(0, "text,label\n"u8.ToArray(), isLast: false);
        await ThrowsAsync(ErrorCodes.Conflict, () => import.AddPart(0, "text,group\n"u8.ToArray(), isLast: false));
        await import.AddPart(1, "a,A\n"u8.ToArray(), isLast: false);
        await import.AddPart(0, "text,label\n"u8.ToArray(), isLast: false);
        await ThrowsAsync(ErrorCodes.Conflict, () => import.AddPart(3, "a"u8.ToArray(), isLast: true));

        await import.AddPart(2, "b,B\n"u8.ToArray(), isLast: true);
        await import.AddPart(2, "b,B\n"u8.ToArray(), isLast: true);

        Assert.Equal((2L, 0L), ((await EndAsync(import)).Rows, (await EndAsync(import)).BadRows));
        await ThrowsAsync(ErrorCodes.Conflict, () => import.AddPart(2, "c,C\n"u8.ToArray(), isLast: true));
    }

    [Fact]
    public async Task Import_SameRowsWithoutIds_AreTheSameTickets()
    {
        await ImportAsync("m-a", "text,label\nno mail,Mail\nno mail,Mail\nno mail at all,Mail\n");
        await ImportAsync("m-b", "label,text\nMail,no mail\n");

        Assert.Equal(["no mail", "no mail at all"], _cluster.Labels.Of(_tenant).Values.Select(label => label.Ticket!.Description).Order(StringComparer.Ordinal));
        Assert.All(_cluster.Labels.Of(_tenant).Keys, id => Assert.Matches("^import:[0-9a-f]{32}$", id));
    }

    [Fact]
    public async Task Import_SiloLostOnTheWay_GoesOnWhereItStoodAndHandsNoRowInTwice()
    {
        const int Count = 5_000;
        var broken = true;
        _cluster.Labels.Fail(_tenant, handed => broken && handed >= 2_000 ? new StewardException(ErrorCodes.Unavailable, "Not now.") { IsRetryable = true } : null);
        await SendAsync("m-lost", Rows(Count));
        await Conversing.UntilAsync(() => Task.FromResult(_cluster.Labels.Handed(_tenant) >= 2_000));

        await _cluster.RestartAsync();
        broken = false;
        SignIn();
        var ended = await EndAsync(_cluster.Import(_tenant, "m-lost"));

        Assert.Equal((TriageImportState.Done, Count), (ended.State, (int)ended.Rows));
        Assert.Equal(Count, _cluster.Labels.Of(_tenant).Count);
        Assert.Equal(Count, _cluster.Labels.Handed(_tenant));
    }

    [Fact]
    public async Task Import_ProgressCannotBeWritten_HandsTheRowsInAgainAndCountsThemOnce()
    {
        const int Count = 1_000;
        var key = GrainKeys.TriageImport(_tenant, "m-unwritten");
        _cluster.Labels.Fail(_tenant, handed =>
        {
            if (handed == 400)
            {
                _cluster.Faults.Lose(key, 1);
            }

            return null;
        });
        await SendAsync("m-unwritten", Rows(Count));
        var import = _cluster.Import(_tenant, "m-unwritten");
        await Conversing.UntilAsync(async () =>
        {
            await _cluster.WatchdogAsync(_tenant);
            SignIn();
            return (await import.Get())!.State == TriageImportState.Done;
        });

        Assert.Equal((Count, Count), ((int)(await import.Get())!.Rows, _cluster.Labels.Of(_tenant).Count));
        Assert.True(_cluster.Labels.Handed(_tenant) > Count);
    }

    [Fact]
    public async Task Import_FileCannotBeReadForAMoment_GoesOnToItsEnd()
    {
        const int Count = 5_000;
        var file = GrainKeys.TriageImport(_tenant, "m-unread") + "/f-file";
        var broken = false;
        _cluster.Labels.Fail(_tenant, _ =>
        {
            if (!broken)
            {
                broken = true;
                _cluster.Faults.Break(file, appends: 0, reads: 1);
            }

            return null;
        });
        var (import, bytes) = (_cluster.Import(_tenant, "m-unread"), Encoding.UTF8.GetBytes(Rows(Count)));
        await import.AddPart(0, bytes[..(bytes.Length / 2)], isLast: false);
        await import.AddPart(1, bytes[(bytes.Length / 2)..], isLast: true);
        await Conversing.UntilAsync(async () =>
        {
            await _cluster.WatchdogAsync(_tenant);
            SignIn();
            return (await import.Get())!.EndedAt is not null;
        });

        Assert.True(broken);
        Assert.Equal((TriageImportState.Done, Count, Count), ((await import.Get())!.State, (int)(await import.Get())!.Rows, _cluster.Labels.Of(_tenant).Count));
    }

    [Fact]
    public async Task Import_TriageRefusesEverything_Fails()
    {
        _cluster.Labels.Fail(_tenant, _ => StewardException.Invalid("labels", "must not be."));

        var ended = await ImportAsync("m-refused", "text,label\na,A\n");

        Assert.Equal((TriageImportState.Failed, "Triage refused the rows: labels: must not be."), (ended.State, ended.Error));
    }

    [Theory]
    [InlineData("geheim,geheimer\na,A\n", "The first line has to name the columns")]
    [InlineData("\0\u0001\u0002geheim\n\uFFFF", "The first line has to name the columns")]
    public async Task Import_NotSuchAFile_FailsWithoutSayingWhatIsInIt(string text, string problem)
    {
        var ended = await ImportAsync("m-garbage", text);

        Assert.Equal(TriageImportState.Failed, ended.State);
        Assert.StartsWith(problem, ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_RowWithoutEnd_FailsAndTheSiloGoesOn()
    {
        var import = _cluster.Import(_tenant, "m-endless");
        await import.AddPart(0, Encoding.UTF8.GetBytes("text,label\nfine,A\n" + string.Concat(Enumerable.Repeat("a,", 1_000_000))), isLast: false);
        for (var part = 1; part < 6; part++)
        {
            await import.AddPart(part, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a,", 1_000_000))), isLast: part == 5);
        }

        var ended = await EndAsync(import);

        Assert.Equal((TriageImportState.Failed, 1L), (ended.State, ended.Rows));
        Assert.Contains("after line 2 is longer than 8000000 characters", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_AtWork_EndsItRemovesTheFileAndKeepsWhatWasRead()
    {
        _cluster.Labels.Fail(_tenant, handed => handed >= 400 ? new StewardException(ErrorCodes.Unavailable, "Not now.") { IsRetryable = true } : null);
        await SendAsync("m-cancel", Rows(1_000));
        var import = _cluster.Import(_tenant, "m-cancel");
        await Conversing.UntilAsync(async () => (await import.Get())!.Rows == 400);

        Assert.Equal(TriageImportState.Cancelled, (await import.Cancel()).State);
        Assert.Equal((TriageImportState.Cancelled, 400L), ((await import.Cancel()).State, (await import.Get())!.Rows));

        await RemovedAsync("m-cancel");
        await ThrowsAsync(ErrorCodes.Conflict, () => import.AddPart(1, "x,Y\n"u8.ToArray(), isLast: true));
    }

    [Fact]
    public async Task NextAsync_BadRowsOnly_EndsAfterSoManyRows_AndGoesOnWhereItStood()
    {
        var text = Encoding.UTF8.GetBytes("text,label,hour\n" + string.Concat(Enumerable.Range(0, 250).Select(row => row % 2 == 0 ? "x,,\n" : "x,Mail,25\n")) + "y,Mail,\n");
        await using var rows = await ImportRows.OpenAsync(new MemoryStream(text), 0, default);

        var first = await rows.NextAsync(100, 1_000, "u-admin", default);
        await using var later = await ImportRows.OpenAsync(new MemoryStream(text), first.Position, default);
        var second = await later.NextAsync(100, 1_000, "u-admin", default);
        var last = await later.NextAsync(100, 1_000, "u-admin", default);

        Assert.Equal((100L, 100L, false), (first.Position, first.BadRows, first.IsEnd));
        Assert.Equal((200L, 100L, 102L), (second.Position, second.BadRows, second.Problems[0].Line));
        Assert.Equal((251L, 50L, 1, true), (last.Position, last.BadRows, last.Labels.Count, last.IsEnd));
    }

    [Fact]
    public async Task NextAsync_Stopped_GivesWhatWasRead()
    {
        await using var rows = await ImportRows.OpenAsync(new MemoryStream("text,label\nx,\nx,\ny,Mail\n"u8.ToArray()), 0, default);

        var none = await rows.NextAsync(100, 1_000, "u-admin", new CancellationToken(canceled: true));

        Assert.Equal((0L, 0L, false), (none.Position, none.BadRows, none.IsEnd));
        Assert.Equal(3, (await rows.NextAsync(100, 1_000, "u-admin", default)).Position);
    }

    [Fact]
    public async Task Import_Over_LeavesNothingOfTheFile()
    {
        await ImportAsync("m-removed", Rows(10));

        await RemovedAsync("m-removed");
        await Conversing.UntilAsync(async () => (await _cluster.Journals.GetHeadAsync(GrainKeys.TriageImport(_tenant, "m-removed")))!.WakeAt is null);
        var rest = await _cluster.Journals.ReadAsync(GrainKeys.TriageImport(_tenant, "m-removed"), 0, 100);
        Assert.DoesNotContain("ticket", string.Concat(rest.Select(entry => Encoding.UTF8.GetString(entry.Payload.Span))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_SecondOne_WaitsUntilTheFirstIsOver()
    {
        var first = _cluster.Import(_tenant, "m-first");
        await first.AddPart(0, "text,label\na,A\n"u8.ToArray(), isLast: false);

        var error = await ThrowsAsync(ErrorCodes.LimitReached, () => _cluster.Import(_tenant, "m-second").AddPart(0, "text,label\n"u8.ToArray(), isLast: true));
        Assert.Contains("m-first", error.Message, StringComparison.Ordinal);
        Assert.Null(await _cluster.Import(_tenant, "m-second").Get());
        await first.Cancel();
        await ImportAsync("m-second", "text,label\nb,B\n");

        var list = await _cluster.Grains.GetGrain<ITriageImportsGrain>(GrainKeys.TriageImports(_tenant)).List();
        Assert.Equal([("m-second", TriageImportState.Done), ("m-first", TriageImportState.Cancelled)], list.Select(import => (import.Id, import.State)));
    }

    [Fact]
    public async Task Import_RestNeverComes_IsGivenUp()
    {
        var import = _cluster.Import(_tenant, "m-alone");
        await import.AddPart(0, "text,label\na,A\n"u8.ToArray(), isLast: false);
        await _cluster.WatchdogAsync(_tenant);
        SignIn();
        Assert.Equal(TriageImportState.Receiving, (await import.Get())!.State);

        _cluster.Time.Advance(TimeSpan.FromMinutes(61));
        await _cluster.WatchdogAsync(_tenant);
        SignIn();
        var ended = await EndAsync(import);

        Assert.Equal((TriageImportState.Failed, "The rest of the file did not come.", 0L), (ended.State, ended.Error, ended.Rows));
        await RemovedAsync("m-alone");
    }

    [Fact]
    public async Task Import_AnybodyElse_IsForbidden()
    {
        var import = _cluster.Import(_tenant, "m-mine");
        await import.AddPart(0, "text,label\na,A\n"u8.ToArray(), isLast: false);
        _cluster.SignIn(_tenant, "u-ada", "employee");

        await ThrowsAsync(ErrorCodes.Forbidden, () => import.AddPart(1, "b,B\n"u8.ToArray(), isLast: true));
        await ThrowsAsync(ErrorCodes.Forbidden, () => import.Get());
        await ThrowsAsync(ErrorCodes.Forbidden, () => import.Cancel());
        await ThrowsAsync(ErrorCodes.Forbidden, () => import.Resume());
        var imports = _cluster.Grains.GetGrain<ITriageImportsGrain>(GrainKeys.TriageImports(_tenant));
        await ThrowsAsync(ErrorCodes.Forbidden, () => imports.List());
        SignIn();
        await ThrowsAsync(ErrorCodes.Forbidden, () => imports.Begin("m-other"));
        await ThrowsAsync(ErrorCodes.Forbidden, () => import.Resume());
    }

    private static string Rows(int count) => "id,text,label\n" + string.Concat(Enumerable.Range(0, count).Select(row => $"i-{row},ticket {row},L{row % 7}\n"));

    private static async Task<StewardException> ThrowsAsync(string code, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<StewardException>(call);
        Assert.Equal(code, error.Code);
        return error;
    }

    private static async Task<TriageImport> EndAsync(ITriageImportGrain import)
    {
        await Conversing.UntilAsync(async () => (await import.Get())!.EndedAt is not null);
        return (await import.Get())!;
    }

    private void SignIn() => _cluster.SignIn(_tenant, "u-admin", WellKnownRoles.Admin);

    private async Task SendAsync(string id, string text) => await _cluster.Import(_tenant, id).AddPart(0, Encoding.UTF8.GetBytes(text), isLast: true);

    private async Task<TriageImport> ImportAsync(string id, string text)
    {
        await SendAsync(id, text);
        return await EndAsync(_cluster.Import(_tenant, id));
    }

    private Task RemovedAsync(string id) => Conversing.UntilAsync(async () =>
        await _cluster.Journals.ReadAsync(GrainKeys.TriageImport(_tenant, id) + "/f-file", 0, 10) is [{ Type: "triage.import-removed" }]);
}
