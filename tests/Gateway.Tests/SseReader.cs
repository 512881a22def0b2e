using System.Text;

namespace Steward.Gateway.Tests;

/// <summary>Reads an event stream as bytes, block by block.</summary>
internal sealed class SseReader(Stream stream)
{
    private readonly StringBuilder _text = new();
    private readonly byte[] _buffer = new byte[4096];

    /// <summary>The next block up to its blank line, or null at the end.</summary>
    public async Task<string?> NextAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var text = _text.ToString();
            var end = text.IndexOf("\n\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                _text.Remove(0, end + 2);
                return text[..end];
            }

            var read = await stream.ReadAsync(_buffer, patience.Token);
            if (read == 0)
            {
                Assert.Equal("", text);
                return null;
            }

            _text.Append(Encoding.UTF8.GetString(_buffer, 0, read));
        }
    }

    /// <summary>All blocks to the end.</summary>
    public async Task<List<string>> RestAsync()
    {
        var blocks = new List<string>();
        while (await NextAsync() is { } block)
        {
            blocks.Add(block);
        }

        return blocks;
    }
}
