window.digestStamp = "{{ stamp }}";
