namespace Steward.Storage.Journals;

/// <summary>How much an append sends: the bytes of its payloads and contents.</summary>
internal static class JournalAppendSize
{
    /// <summary>Computes it.</summary>
    public static long Of(JournalAppend append)
    {
        long bytes = 0;
        var records = append.Records;
        for (var i = 0; i < records.Count; i++)
        {
            bytes += records[i].Payload.Length;
        }

        var contents = append.Contents;
        for (var i = 0; i < contents.Count; i++)
        {
            bytes += contents[i].Bytes.Length;
        }

        return bytes;
    }
}
