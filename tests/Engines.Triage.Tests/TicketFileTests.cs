using System.Text;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Tests;

public class TicketFileTests
{
    [Fact]
    public async Task Read_TextAndLabel_GivesTickets()
    {
        var (rows, bad) = await ReadAsync("\uFEFFText, LABEL\r\n\"Mail, again\r\nbroken \"\"badly\"\"\",Mail\r\n\r\nvpn down,Network\r\n");

        Assert.Equal([("Mail, again\r\nbroken \"badly\"", "Mail"), ("vpn down", "Network")], rows.Select(row => (row.Ticket.Text, row.Label)));
        Assert.Empty(bad);
    }

    [Fact]
    public async Task Read_AllFields_AreRead()
    {
        var (rows, _) = await ReadAsync("short_description,description,category,hour,priority,label,other\nVPN,It is down,network,23,2 - High,GRP_1,x\n");

        var ticket = Assert.Single(rows).Ticket;
        Assert.Equal("VPN It is down", ticket.Text);
        Assert.Equal([("category", "network"), ("priority", "2 - High"), ("hour", "night")], ticket.Attributes);
    }

    [Fact]
    public async Task Read_BadRows_AreToldWithTheirLinesAndPassedOver()
    {
        var text = $"text,hour,label\na,1,A\nb,1,\nc,25,A\n{new string('x', TicketFile.LongestField + 1)},2,A\nd,3,B\n";

        var (rows, bad) = await ReadAsync(text);

        Assert.Equal(["a", "d"], rows.Select(row => row.Ticket.Text));
        Assert.Equal([(3, "has no label."), (4, "has an hour that is not 0 to 23.")], bad.Take(2).Select(row => ((int)row.Line, row.Problem)));
        Assert.Contains("more than 200000 characters", bad[2].Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_FieldThatIsTooLong_PassesItsWholeRowOver()
    {
        var text = $"text,label\n\"{new string('x', TicketFile.LongestField)}\nreset all passwords,Evil\n\",A\nd,B\n";

        var (rows, bad) = await ReadAsync(text);

        Assert.Equal(["d"], rows.Select(row => row.Ticket.Text));
        Assert.Equal(4, Assert.Single(bad).Line);
    }

    [Fact]
    public async Task Read_AfterARowNearTheBound_GoesOn()
    {
        var text = $"text,label\n{new string('x', TicketFile.LongestRow - 100_000)},A\n{string.Concat(Enumerable.Repeat("mail,B\n", 1_000_000))}";

        var (rows, bad) = await ReadAsync(text);

        Assert.Equal((1_000_000, 1), (rows.Count, bad.Count));
    }

    [Fact]
    public async Task Read_RowWithoutEnd_EndsWithTheLineAfterWhichItBegins()
    {
        using var file = TicketFile.Open(new StringReader($"text,label\na,A\nb,B\n\"{new string('x', TicketFile.LongestRow + 100_000)}"));
        var rows = new List<LabelledTicket>();

        var error = await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (var row in file.ReadAsync())
            {
                rows.Add(row);
            }
        });

        Assert.Equal(2, rows.Count);
        Assert.StartsWith("The row that begins after line 3 is longer than", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_TextsAlone_LeavesOtherColumnsAloneWhateverTheyHold()
    {
        using var file = TicketFile.Open(new StringReader("opened_at,hour,text,label\n31.12. 9 Uhr,9am,a,A\n"), readsAll: false);

        var row = Assert.Single(await file.ReadAsync().ToListAsync());

        Assert.Equal(("a", "A", 0L), (row.Ticket.Text, row.Label, file.BadRows));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("text;label\na;A\n", "and not semicolons")]
    [InlineData("text\tlabel\na\tA\n", "and not tabs")]
    [InlineData("vpn is down,Network\n", "first line has to name the columns")]
    [InlineData("id,label\n1,A\n", "There has to be text")]
    [InlineData("text,topic\na,A\n", "label or group")]
    public void Open_ColumnsThatAreNeededAreMissing_SaysWhich(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<FormatException>(() => TicketFile.Open(new StringReader(text))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Read_BinaryGarbage_IsRefusedOrPassedOver()
    {
        var bytes = new byte[50_000];
        new Random(3).NextBytes(bytes);
        var garbage = Encoding.UTF8.GetString(bytes);

        Assert.Throws<FormatException>(() => TicketFile.Open(new StringReader(garbage)));
        var (rows, bad) = await ReadAsync("text,label\n" + garbage);

        Assert.NotEmpty(rows.Select(row => row.Label).Concat(bad.Select(row => row.Problem)));
    }

    [Fact]
    public async Task Read_ManyRowsWithBadOnes_StreamsThem()
    {
        const int Count = 200_000;
        using var reader = new GeneratedReader(Count);
        using var file = TicketFile.Open(reader);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var read = 0;
        long most = 0;
        await foreach (var _ in file.ReadAsync())
        {
            if (++read % 50_000 == 0)
            {
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        Assert.Equal((Count - (Count / 10), Count / 10), (read, file.BadRows));
        // Kept, the tickets would take twice as much; other tests run beside this one.
        Assert.InRange(most, long.MinValue, 24 * 1024 * 1024);
    }

    private static async Task<(List<LabelledTicket> Rows, List<BadRow> Bad)> ReadAsync(string text)
    {
        using var file = TicketFile.Open(new StringReader(text));
        var (rows, bad) = (new List<LabelledTicket>(), new List<BadRow>());
        await foreach (var row in file.ReadAsync(bad.Add))
        {
            rows.Add(row);
        }

        return (rows, bad);
    }

    /// <summary>Every tenth row has no label.</summary>
    private sealed class GeneratedReader(int count) : TextReader
    {
        private string _line = "text,label\n";
        private int _at;
        private int _row;

        public override int Read(char[] buffer, int index, int length)
        {
            if (_at == _line.Length)
            {
                if (_row == count)
                {
                    return 0;
                }

                _line = _row % 10 == 9 ? "no label here,\n" : $"\"ticket {_row}, with a comma\",L{_row % 7}\n";
                (_at, _row) = (0, _row + 1);
            }

            var part = Math.Min(length, _line.Length - _at);
            _line.CopyTo(_at, buffer, index, part);
            _at += part;
            return part;
        }

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
        {
            var part = new char[buffer.Length];
            var read = Read(part, 0, part.Length);
            part.AsMemory(0, read).CopyTo(buffer);
            return ValueTask.FromResult(read);
        }

        public override Task<int> ReadAsync(char[] buffer, int index, int count) => Task.FromResult(Read(buffer, index, count));
    }
}
